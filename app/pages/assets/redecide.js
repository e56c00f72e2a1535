// Whether this build decides an attempt's inputs as they were decided when they came.

import { announce, element, fill } from "./dom.js";
import { noAttempt, refused } from "./views.js";

export function redecideView(story) {
  const panel = element("section", { class: "card", "aria-label": "Redecide" });
  let wanted = null;

  async function decide(part) {
    const found = await story.redecide(part.attempt.number);
    if (wanted !== part) return;
    const said = sentence(found);
    fill(
      panel,
      element(
        "p",
        { class: "lead", "data-identical": String(found.identical) },
        element("span", { class: "pill", "data-tone": found.identical ? "good" : "bad" }, found.identical ? "IDENTICAL" : "DIFFERENT"),
        ` ${said}`,
      ),
      found.first ? beside(found.first) : null,
      found.erased ? element("p", { class: "quiet" }, `${inputs(found.erased)} looked at what an erasure has taken away, and ${found.erased === 1 ? "was" : "were"} passed over.`) : null,
      element("p", { class: "quiet" }, "Each recorded input was given to this build's rules once more, on the account as it was then. Nothing happens outside, and nothing is recorded."),
    );
    announce(said);
  }

  return {
    name: "redecide",
    word: "Redecide",
    element: panel,
    show(part) {
      wanted = part;
      fill(panel, part.attempt ? element("p", { class: "quiet" }, "Deciding again …") : noAttempt());
      if (part.attempt) decide(part).catch((problem) => wanted === part && fill(panel, refused(problem)));
    },
  };
}

const inputs = (number) => `${number} ${number === 1 ? "input" : "inputs"}`;

function sentence({ identical, inputs: decided, events, first }) {
  if (identical) return `This build decides as the log says: ${inputs(decided)}, the same ${events} events.`;
  const where = first.positions.length
    ? `position ${first.positions[0]} of the log`
    : `version ${first.version} of the account, where an input was recorded that led to no event`;
  return `This build decides otherwise, for the first time at ${where}.`;
}

function beside({ version, positions, input_id, kind, fields, expected, got }) {
  const place = new URLSearchParams(positions.length ? { v: version + 1 } : { v: version, input: input_id });
  return element(
    "div",
    { class: "redecided" },
    element(
      "table",
      { class: "pairs two-columns" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "As it was decided"), element("th", { scope: "col" }, "As this build decides"))),
      element("tbody", {}, element("tr", { "data-parts": true }, cell(expected), cell(got))),
    ),
    element("p", {}, `Input ${input_id}, `, element("code", {}, kind), fields.length ? ": what differs is " : ".", ...listed(fields)),
    element("p", {}, element("a", { href: `#${place}` }, "Show the row in the story")),
  );
}

const listed = (fields) => fields.flatMap((field, nth) => [nth ? ", " : "", element("code", {}, field)]);

function cell({ outcome, rule, events }) {
  return element(
    "td",
    {},
    element("b", {}, outcome ?? "not known to this build"),
    rule ? element("span", { class: "under" }, element("code", {}, rule)) : null,
    ...events.map((event) => element("span", { class: "event" }, event.sentence)),
  );
}
