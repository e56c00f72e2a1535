// What the account was right after one row of its story.

import { element, fill } from "./dom.js";
import { moves } from "./story_log.js";
import { STATUS, dateAndClock, exactClock, seconds } from "./words.js";

// `read(row)` answers the folded account at a row, or is null where nobody can be asked.
export function statePanel(read) {
  const facts = element("dl", { class: "facts" });
  const folded = element("dl", { class: "facts", "data-folded": "" });
  const stored = element("details", {}, element("summary", {}, "As it was recorded"));
  const panel = element(
    "section",
    { class: "card state", "aria-labelledby": "state-title" },
    element("h2", { id: "state-title" }, "At this row"),
    facts,
    folded,
    stored,
  );
  let wanted = null;
  return {
    panel,
    async show(row) {
      wanted = row;
      fill(facts, ...pairs(rowFacts(row)));
      stored.hidden = !row.event;
      stored.replaceChildren(stored.firstChild, element("pre", { tabindex: 0 }, JSON.stringify(row.event, null, 2)));
      if (!read) return;
      const state = await read(row);
      if (wanted === row) fill(folded, ...pairs(stateFacts(state, row)));
    },
  };
}

function pairs(facts) {
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
}

function rowFacts(row) {
  const told = STATUS[row.status_after];
  const status = element("span", { class: "pill", "data-tone": told.tone }, told.word);
  return {
    Status: moves(row) ? element("span", {}, status, element("span", { class: "under" }, `before: ${STATUS[row.status_before].word}`)) : status,
    Seen: element("time", { datetime: row.at, title: row.at }, `${exactClock(row.at)}, ${dateAndClock(row.at).replace(/,? [^,]*$/, "")}`),
    Recorded: `${seconds(row.recorded_after_s)} later`,
    "From start": seconds(row.since_start_s),
    Gap: seconds(row.gap_s),
    Event: row.position === null ? null : `${row.position} in the log, version ${row.version}`,
    By: row.cause.actor,
    Because: row.what === "event" && row.cause.kind ? element("code", {}, row.cause.kind) : null,
  };
}

function stateFacts() {
  return {};
}
