// Which of the two ways messages took: the primary, or the backup that stands by.

import { element } from "./dom.js";
import { count, share } from "./statistics_words.js";

const ROWS = [
  ["sent_by_primary", "Sent by the primary"],
  ["sent_by_standby", "Sent by the backup"],
  ["fallback_used", "of these after the primary had tried"],
  ["failed", "Failed"],
  ["queued", "Waiting"],
];

export async function messageTally(api, query) {
  const { messages } = await api.get(`/v1/statistics/messages?${query}`);
  if (!messages.accepted) return null;
  const row = ([key, word]) =>
    element(
      "tr",
      { "data-messages": key },
      element("th", { scope: "row" }, word),
      element("td", { class: "number" }, messages[key].toLocaleString(), element("span", { class: "under" }, share(messages[key], messages.accepted))),
    );
  return element(
    "section",
    { class: "card plot-card", "aria-label": "How messages went" },
    element("h2", {}, "How messages went"),
    element("p", { class: "quiet" }, `Of ${count(messages.accepted, "message")} accepted in this time.`),
    element("table", {}, element("caption", { class: "unseen" }, "How messages went"), element("tbody", {}, ...ROWS.map(row))),
  );
}
