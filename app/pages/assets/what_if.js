// What would have become of an attempt under another policy, or with other inputs.

import { announce, element, fill } from "./dom.js";
import { insertedInputs } from "./inserted_inputs.js";
import { time_ms } from "./story_log.js";
import { STATUS, signed } from "./words.js";
import { noAttempt, refused } from "./views.js";

// What may be changed; how often a page is looked at is not decided by.
const POLICY = {
  initialize_s: "Opening: longest silence of the page",
  start_queue_s: "Longest wait for a browser",
  link_window_s: "Codes are renewed for",
  authentication_s: "Checking: longest silence",
  phone_number_s: "Longest wait for the phone number",
  passkey_s: "Longest wait for a passkey",
  logout_s: "Longest wait for a logout",
  reconnect_first_s: "First reconnect after",
  reconnect_most_s: "Longest pause between reconnects",
  reconnect_budget: "Reconnects in a row",
  reconnect_reset_after_s: "Ready for this long gives all reconnects back",
  standby_retry_s: "A failed backup is tried again after",
};
const VERDICT = {
  SAME: { tone: "idle", sentence: "The same would have happened." },
  FIXED: { tone: "good", sentence: "It would have become ready." },
  BROKEN: { tone: "bad", sentence: "It became ready, and would not have." },
  DIVERGED: { tone: "warn", sentence: "Other events, and no difference to whether it becomes ready." },
  UNDECIDABLE: { tone: "warn", sentence: "The log cannot tell: an answer would have been needed that nobody gave." },
};
const CLOCK = "ExpireDeadline";
// No limit: it says how often a page is asked, and so what it tells. A what-if refuses another one.
const OF_THE_PAGE = "health_look_s";

// `story` is of account_story.js or bundle_story.js.
export function whatIfView(story) {
  const panel = element("section", { class: "card", "aria-label": "What if" });
  let wanted = null;

  async function open(part) {
    const { number } = part.attempt;
    const [timeline, begun] = await Promise.all([story.whole(part), story.state(part.rows[0].version)]);
    if (wanted !== part) return;
    const result = element("div", { class: "result" });
    const inputs = inputsOf(timeline.rows);
    const edits = editable(inputs);
    const inserted = insertedInputs(inputs);
    const numbers = policyFields(begun.attempt.policy);
    const ask = async () => {
      const changes = { attempt: number, policy: numbers.changes(), edits: [...edits.changes(), ...inserted.changes()] };
      const came = await story.whatIf(changes);
      fill(result, ...verdict(came, timeline));
      announce(`${came.verdict}. ${VERDICT[came.verdict].sentence}`);
    };
    const submitted = () => ask().catch((problem) => fill(result, refused(problem)));
    fill(panel, form([edits.element, inserted.element, numbers.element], submitted, inserted.clear), result);
  }

  return {
    name: "what-if",
    word: "What if",
    element: panel,
    show(part) {
      wanted = part;
      if (part.attempt) open(part).catch((problem) => fill(panel, refused(problem)));
      else fill(panel, noAttempt());
    },
  };
}

function form(parts, submitted, reset) {
  return element(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        submitted();
      },
      onreset: reset,
    },
    element("p", { class: "quiet" }, "Decides the recorded inputs of this attempt again, with your changes. Nothing happens outside, and nothing is recorded."),
    ...parts,
    element(
      "div",
      { class: "row" },
      element("button", { type: "submit" }, "Decide again"),
      element("button", { type: "reset", class: "second" }, "Take the changes back"),
    ),
  );
}

// [input id, its first row]; what the clock fired follows from the rest.
function inputsOf(rows) {
  const inputs = new Map();
  for (const row of rows) if (row.cause.kind !== CLOCK && !inputs.has(row.cause.input_id)) inputs.set(row.cause.input_id, row);
  return [...inputs];
}

// One line for each input.
function editable(inputs) {
  const lines = inputs.map(([input, row]) => {
    const drop = element("input", { type: "checkbox", "aria-label": `Drop: ${row.sentence}` });
    const delay = element("input", { type: "number", min: 0, step: "any", placeholder: "0", "aria-label": `Delay in seconds: ${row.sentence}` });
    const line = element(
      "tr",
      { "data-what": row.what },
      element("td", { class: "number" }, signed(row.since_start_s)),
      element("td", {}, row.sentence),
      element("td", {}, element("label", { class: "check" }, drop, "drop")),
      element("td", {}, element("label", { class: "check" }, delay, "s later")),
    );
    return { input, drop, delay, line };
  });
  return {
    element: element(
      "fieldset",
      {},
      element("legend", {}, "Inputs"),
      element(
        "div",
        { class: "edits", tabindex: 0, role: "region", "aria-label": "Inputs" },
        element("table", {}, element("tbody", {}, ...lines.map(({ line }) => line))),
      ),
    ),
    changes: () =>
      lines.flatMap(({ input, drop, delay }) => {
        if (drop.checked) return [{ edit: "drop", input }];
        return Number(delay.value) ? [{ edit: "delay", input, by_s: Number(delay.value) }] : [];
      }),
  };
}

function policyFields(policy) {
  const fields = Object.entries(POLICY).map(([name, words]) => {
    const input = element("input", { id: `policy-${name}`, type: "number", min: 0, step: "any", value: policy[name], required: true });
    const unit = name.endsWith("_s") ? " (s)" : "";
    return { name, input, element: element("div", {}, element("label", { for: input.id, title: name }, `${words}${unit}`), input) };
  });
  return {
    element: element("details", {}, element("summary", {}, "Policy"), element("div", { class: "fields" }, ...fields.map((field) => field.element))),
    changes: () => Object.fromEntries(fields.filter(({ input }) => input.value !== input.defaultValue).map(({ name, input }) => [name, Number(input.value)])),
  };
}

function verdict(came, timeline) {
  const told = VERDICT[came.verdict];
  return [
    element(
      "p",
      { class: "lead", "data-verdict": came.verdict },
      element("span", { class: "pill", "data-tone": told.tone }, came.verdict),
      ` ${told.sentence}`,
    ),
    came.missing ? element("p", {}, `First missing answer: ${came.missing}`) : null,
    element("p", { class: "quiet" }, `Recorded end: ${end(came.status_before, came.reason_before)}. New end: ${end(came.status_after, came.reason_after)}.`),
    beside(timeline, came),
  ];
}

const end = (status, reason) => STATUS[status].word + (reason ? ` (${reason})` : "");

// What was recorded and what would have come, each in its order.
function beside(timeline, came) {
  const recorded = timeline.rows.filter((row) => row.what === "event");
  const length = Math.max(recorded.length, came.events.length);
  const began = timeline.attempt.started_at;
  const lines = Array.from({ length }, (_, index) => {
    const parts = index === came.same_events;
    return element("tr", { "data-same": index < came.same_events, "data-parts": parts }, cell(recorded[index], began), cell(came.events[index], began));
  });
  return element(
    "div",
    { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "Recorded and new events" },
    element(
      "table",
      { class: "pairs two-columns" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Recorded"), element("th", { scope: "col" }, "With your changes"))),
      element("tbody", {}, ...lines),
    ),
  );
}

function cell(event, began) {
  if (!event) return element("td", { class: "missing" }, element("span", { class: "unseen" }, "nothing"));
  const since_s = (time_ms(event.at) - time_ms(began)) / 1000;
  return element("td", { "data-what": "event" }, element("span", { class: "number under" }, signed(since_s)), event.sentence);
}
