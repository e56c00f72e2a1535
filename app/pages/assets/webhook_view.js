// The parts of one webhook: its figures, what is held up and sent again, and its deliveries.

import { element } from "./dom.js";
import { ago, clock, dateAndClock } from "./words.js";

const TONES = { delivered: "good", failed: "warn", set_aside: "bad" };
const OUTCOMES = { delivered: "delivered", failed: "failed", set_aside: "set aside" };

export function figuresOf(webhook) {
  const told = {
    delivered: webhook.delivered.toLocaleString(),
    "failed tries": webhook.failed_tries.toLocaleString(),
    "positions behind": webhook.behind.toLocaleString(),
    "accounts held up": webhook.held_up.toLocaleString(),
    "set aside": webhook.set_aside.toLocaleString(),
    ...(webhook.failing_since && { "nothing arrives since": ago(webhook.failing_since) }),
  };
  return element(
    "dl",
    { class: "figures" },
    ...Object.entries(told).map(([word, value]) => element("div", {}, element("dt", {}, word), element("dd", { class: "number" }, value))),
  );
}

export function heldOf(webhook) {
  const lines = webhook.held_up_first.map((one) =>
    element(
      "li",
      {},
      element("a", { href: `/accounts/${encodeURIComponent(one.account)}` }, one.account),
      ` waits at position ${one.position}: ${one.error || "not tried yet"}, ${one.tries} tries, again at ${clock(one.next_at)}`,
    ),
  );
  const running = webhook.redeliveries.filter((one) => !one.done_at);
  return [
    lines.length ? element("h3", {}, "Held up") : null,
    lines.length ? element("ul", {}, ...lines) : null,
    ...running.map((one) => element("p", { class: "quiet" }, `Being sent again: positions ${one.position} to ${one.until}, ${one.delivered} arrived, ${one.failed} did not.`)),
  ];
}

export function deliveriesOf(listed, again) {
  if (!listed.length) return element("p", { class: "empty" }, "Nothing was tried yet.");
  const headings = ["When", "Item", "Account", "Outcome", "Took", ""];
  return element(
    "table",
    { class: "deliveries" },
    element("caption", { class: "unseen" }, "Deliveries, the newest first"),
    element("thead", {}, element("tr", {}, ...headings.map((word) => element("th", { scope: "col" }, word || element("span", { class: "unseen" }, "Actions"))))),
    element("tbody", {}, ...listed.map((one) => lineOf(one, again))),
  );
}

function lineOf(one, again) {
  const more = [one.error, one.next_at ? `again at ${clock(one.next_at)}` : "", one.redelivery ? "sent again" : ""];
  return element(
    "tr",
    { "data-delivery": one.id },
    element("th", { scope: "row" }, element("time", { datetime: one.at, title: dateAndClock(one.at) }, clock(one.at))),
    element("td", {}, one.type, element("span", { class: "under" }, `position ${one.position}, try ${one.try_number}`)),
    element("td", {}, element("a", { href: `/accounts/${encodeURIComponent(one.account)}` }, one.account)),
    element(
      "td",
      {},
      element("span", { class: "pill", "data-tone": TONES[one.outcome] }, OUTCOMES[one.outcome]),
      element("span", { class: "under" }, more.filter(Boolean).join(", ")),
    ),
    element("td", { class: "number" }, `${one.duration_ms} ms`),
    element(
      "td",
      { class: "actions" },
      element("button", { type: "button", class: "second", onclick: () => again(one) }, "Send again", element("span", { class: "unseen" }, ` position ${one.position}`)),
    ),
  );
}
