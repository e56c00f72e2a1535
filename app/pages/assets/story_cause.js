// Why an account is where it is, in words.

import { element } from "./dom.js";
import { STATUS } from "./words.js";

export function causeCard(why) {
  const { cause, waiting, remarks } = why;
  return element(
    "section",
    { class: "card cause-card", "data-tone-of": cause ? STATUS[why.status].tone : "idle" },
    element("h2", {}, cause ? "Cause" : "Now"),
    element("p", { class: cause ? "cause" : "", "data-cause": cause?.code }, cause?.sentence ?? why.sentence),
    cause ? element("p", {}, cause.next_step) : null,
    waiting ? element("p", { class: "quiet" }, waiting.sentence) : null,
    remarks.length ? element("ul", { class: "remarks" }, ...remarks.map((remark) => element("li", {}, remark.sentence))) : null,
  );
}
