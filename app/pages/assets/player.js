// The slider over an attempt's rows, its buttons, and the bar that shows where the time went.

import { element, fill } from "./dom.js";
import { keyOf } from "./story_log.js";
import { legend, markedBar } from "./status_bar.js";
import { STATUS, exactClock, signed } from "./words.js";

const KEYS = [
  ["← →", "one row back or on"],
  ["Page Up, Page Down", "to the change of status before or after"],
  ["Home, End", "to the attempt's first or last row"],
  ["f, Shift + f", "to the next failure, or the one before"],
];

// `move` has: step(by), change(by), failure(by), edge(by), to(row). Gives the element, `show(part)` and `mark(row)`.
export function player(move) {
  const slider = element("input", { id: "slider", type: "range", min: 0, step: 1, "aria-describedby": "keys-hint" });
  const where = element("div", { class: "where" });
  const bar = element("div");
  const help = keysHelp();
  let part;
  let marked;
  slider.addEventListener("input", () => move.to(part.rows[Number(slider.value)]));
  bar.addEventListener("click", (event) => {
    const box = bar.getBoundingClientRect();
    move.to(marked.nearest((event.clientX - box.left) / box.width));
  });
  const panel = element(
    "section",
    { class: "player card", "aria-label": "Slider over the rows" },
    element(
      "div",
      { class: "transport" },
      where,
      element(
        "div",
        { class: "buttons", role: "group", "aria-label": "Move" },
        button("«", "Change of status before", () => move.change(-1)),
        button("‹", "One row back", () => move.step(-1)),
        button("›", "One row on", () => move.step(1)),
        button("»", "Next change of status", () => move.change(1)),
        element("button", { type: "button", class: "second small wide", onclick: () => move.failure(1) }, "Next failure"),
        button("?", "Keys", () => help.showModal()),
      ),
    ),
    bar,
    element("label", { class: "unseen", for: "slider" }, "Row of the story"),
    slider,
    element("span", { class: "unseen", id: "keys-hint" }, KEYS.map(([keys, does]) => `${keys}: ${does}`).join("; ")),
    help,
  );
  return {
    panel,
    slider,
    show(shown) {
      part = shown;
      marked = markedBar(part);
      slider.max = part.rows.length - 1;
      fill(bar, marked.bar, legend(part));
    },
    mark(row) {
      marked.mark(row);
      slider.value = indexIn(part, row);
      slider.setAttribute("aria-valuetext", inWords(row, part));
      fill(where, ...clocks(row, part));
    },
  };
}

const indexIn = (part, row) => part.rows.findIndex((one) => keyOf(one) === keyOf(row));

export function inWords(row, part) {
  return `Row ${indexIn(part, row) + 1} of ${part.rows.length}: ${row.sentence} ${STATUS[row.status_after].word}.`;
}

function clocks(row, part) {
  const told = STATUS[row.status_after];
  return [
    element("span", { class: "pill", "data-tone": told.tone, "data-status": row.status_after }, told.word),
    element("b", { class: "number" }, signed(row.since_start_s)),
    element("span", { class: "number quiet" }, exactClock(row.at)),
    element("span", { class: "number quiet count" }, `${indexIn(part, row) + 1} / ${part.rows.length}`),
  ];
}

function button(sign, name, press) {
  return element("button", { type: "button", class: "second small", "aria-label": name, title: name, onclick: press }, sign);
}

// What a key does here; the arrows up and down stay the slider's own.
export function pressed(event, move) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
  const back = event.shiftKey ? -1 : 1;
  const does = {
    ArrowLeft: () => move.step(-1),
    ArrowRight: () => move.step(1),
    PageUp: () => move.change(-1),
    PageDown: () => move.change(1),
    Home: () => move.edge(-1),
    End: () => move.edge(1),
    f: () => move.failure(back),
    F: () => move.failure(back),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

function keysHelp() {
  const made = element(
    "dialog",
    { "aria-labelledby": "keys-title" },
    element("h2", { id: "keys-title" }, "Keys"),
    element("p", { class: "quiet" }, "While the slider, its buttons or the table are in use:"),
    element("dl", { class: "facts" }, ...KEYS.flatMap(([keys, does]) => [element("dt", {}, keys), element("dd", {}, does)])),
    element("p", { class: "quiet" }, "The address of this page names the row: copy it to show somebody the same place."),
    element("div", { class: "row" }, element("button", { type: "button", onclick: () => made.close() }, "Close")),
  );
  return made;
}
