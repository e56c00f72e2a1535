// All attempts of a story side by side, newest first, each with its status bar.

import { element, fill } from "./dom.js";
import { partKey, title } from "./story_log.js";
import { statusBar } from "./status_bar.js";
import { OUTCOME, dateAndClock } from "./words.js";

const METHOD = { qr: "QR code", pairing_code: "pairing code" };

// `choose(part)` opens an attempt, `more(direction)` loads older or newer ones.
export function attemptsStrip({ choose, more }) {
  const list = element("ol", { class: "attempts" });
  let drawn = "";
  const marks = new Map();
  return {
    element: element("nav", { "aria-label": "Attempts" }, list),
    show(log) {
      const content = JSON.stringify([log.after, log.reachesEnd, log.attempts.map((part) => [partKey(part), part.attempt?.outcome, part.ends_ms])]);
      if (content === drawn) return;
      drawn = content;
      const focused = [...marks].find(([, made]) => made === document.activeElement)?.[0];
      marks.clear();
      for (const part of log.attempts) marks.set(partKey(part), entry(part, choose));
      const entries = [...marks.values()].reverse().map((made) => element("li", {}, made));
      fill(list, log.reachesEnd ? null : turn("Newer", () => more(1)), ...entries, log.after ? turn("Older", () => more(-1)) : null);
      if (focused !== undefined) marks.get(focused)?.focus();
    },
    mark(part) {
      for (const [key, made] of marks) {
        if (key === partKey(part)) made.setAttribute("aria-current", "true");
        else made.removeAttribute("aria-current");
      }
      const made = marks.get(partKey(part));
      list.scrollLeft = Math.min(Math.max(list.scrollLeft, made.offsetLeft + made.offsetWidth - list.clientWidth), made.offsetLeft);
    },
  };
}

function entry(part, choose) {
  const { attempt } = part;
  const kind = attempt && (attempt.kind === "reconnect" ? "reconnect" : METHOD[attempt.method]);
  return element(
    "button",
    { type: "button", class: "attempt", "data-number": attempt?.number ?? 0, onclick: () => choose(part) },
    element("span", { class: "attempt-title" }, title(part)),
    attempt ? element("span", { class: "pill", "data-tone": OUTCOME[attempt.outcome].tone }, OUTCOME[attempt.outcome].word) : null,
    element("span", { class: "quiet number" }, [kind, dateAndClock(part.rows[0].at)].filter(Boolean).join(" · ")),
    statusBar(part),
  );
}

function turn(word, press) {
  return element("li", {}, element("button", { type: "button", class: "second attempt-more", onclick: press }, `${word} attempts`));
}
