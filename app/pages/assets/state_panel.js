// What the account was right after one row of its story.

import { coalesced, element, fill } from "./dom.js";
import { moves, time_ms } from "./story_log.js";
import { STATUS, dateAndClock, day, exactClock, seconds } from "./words.js";

const PHASE = { browser_started: "browser", page_loaded: "page", bridge_started: "bridge" };

// `read(version)` answers the folded account, `failed` hears why not. `linked`: correlation ids lead
// to all that carries them, where there is a service that has it.
export function statePanel(read, failed, { linked }) {
  const sentence = element("p", { class: "sentence" });
  const facts = element("dl", { class: "facts" });
  const folded = element("dl", { class: "facts folded", "aria-label": "The account then" });
  const summary = element("summary", {}, "As it was recorded");
  const stored = element("details", {}, summary);
  const states = new Map();
  let wanted = null;
  const fold = coalesced(async () => {
    const row = wanted;
    if (!states.has(row.version)) states.set(row.version, await read(row.version));
    if (row === wanted) fill(folded, ...pairs(stateFacts(states.get(row.version), row)));
  });
  return {
    panel: element(
      "section",
      { class: "card state", "aria-labelledby": "state-title" },
      element("h2", { id: "state-title" }, "At this row"),
      sentence,
      facts,
      folded,
      stored,
    ),
    show(row) {
      wanted = row;
      fill(sentence, row.sentence);
      fill(facts, ...pairs({ ...rowFacts(row), Correlation: correlation(row, linked) }));
      stored.hidden = !row.event;
      fill(stored, summary, element("pre", { tabindex: 0 }, JSON.stringify(row.event, null, 2)));
      fold().catch(failed);
    },
  };
}

function pairs(facts) {
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
}

const under = (words) => element("span", { class: "under" }, words);

function rowFacts(row) {
  const told = STATUS[row.status_after];
  const status = element("span", { class: "pill", "data-tone": told.tone }, told.word);
  return {
    Status: element("div", {}, status, moves(row) ? under(`before: ${STATUS[row.status_before].word}`) : null),
    Seen: element("time", { datetime: row.at, title: row.at }, `${exactClock(row.at)}, ${day(row.at)}`),
    Recorded: `${seconds(Math.abs(row.recorded_after_s))} ${row.recorded_after_s < 0 ? "earlier" : "later"}`,
    "From start": seconds(row.since_start_s),
    Gap: seconds(row.gap_s),
    Event: row.position === null ? null : `${row.position} in the log, version ${row.version}`,
    By: row.cause.actor,
    Input: row.cause.kind ? element("code", {}, row.cause.kind) : null,
  };
}

function correlation({ cause: { correlation_id: id } }, linked) {
  return id && linked ? element("a", { href: `/correlations?${new URLSearchParams({ id })}` }, id) : id;
}

// Times are told as they stood at the row, not as of today.
function stateFacts(state, row) {
  const { attempt } = state;
  return {
    "Waits for": state.awaits && element("div", {}, state.awaits, state.deadline ? until(state.deadline, row) : null),
    Code: attempt?.code && codeOnShow(attempt.code, row),
    Codes: attempt?.codes_issued ? `${attempt.codes_issued} issued, ${attempt.codes_fetched} fetched` : null,
    "Codes until": attempt?.scan_until ? exactClock(attempt.scan_until) : null,
    Reached: attempt?.phases.map((phase) => PHASE[phase] ?? phase).join(", "),
    Scanned: attempt ? (attempt.scanned ? "yes" : "not yet") : null,
    Sync: typeof attempt?.sync_percent === "number" ? `${attempt.sync_percent} %` : null,
    Passkey: attempt?.passkey_demanded ? "demanded" : null,
    Reason: state.reason && element("code", {}, state.reason),
    Phone: state.phone,
    Session: state.session === "none" ? null : state.session.replace("_", " "),
    "Held by": attempt?.holder,
    Reconnects: state.reconnects ? `${state.reconnects} in a row` : null,
    "Ready since": state.ready_at ? dateAndClock(state.ready_at) : null,
    Backup: state.standby.stage === "none" ? null : state.standby.stage,
  };
}

function codeOnShow({ ordinal, fetched, expires_at }, row) {
  const told = `number ${ordinal}, ${fetched ? "fetched" : "not fetched"}`;
  return element("div", {}, told, until(expires_at, row));
}

function until(moment, row) {
  const left_s = (time_ms(moment) - time_ms(row.at)) / 1000;
  return under(`until ${exactClock(moment)}, ${left_s >= 0 ? `${seconds(left_s)} left` : `${seconds(-left_s)} over`}`);
}
