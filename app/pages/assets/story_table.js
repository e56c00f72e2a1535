// One attempt's rows as a table; the row that the slider stands on is marked.

import { element } from "./dom.js";
import { evidenceRow } from "./evidence.js";
import { fails, keyOf, moves, title } from "./story_log.js";
import { STATUS, clock, dateAndClock, seconds, signed } from "./words.js";

const LONG_GAP_S = 5;
const COLUMNS = ["Seen", "Recorded", "From start", "Gap", "What", "By"];
export const OUTCOME_OF_INPUT = { ignored: "ignored", refused: "refused", accepted: "no change" };

// `chosen(row)` is called when a row is clicked. Gives the element and `mark(row)`.
export function storyTable(part, { proof, pieces, api, chosen }) {
  const lines = new Map(part.rows.map((row) => [keyOf(row), line(row, { proof, chosen, linked: api !== null })]));
  const failure = pieces && (part.rows.findLast(fails) ?? part.rows.at(-1));
  let marked = null;
  const table = element(
    "table",
    { class: "story" },
    element("caption", { class: "unseen" }, `${title(part)}, row by row`),
    element("thead", {}, element("tr", {}, ...COLUMNS.map((word) => element("th", { scope: "col" }, word)))),
    element(
      "tbody",
      {},
      ...part.rows.flatMap((row) => [lines.get(keyOf(row)), row === failure ? evidenceRow(pieces, api) : null]),
    ),
  );
  return {
    table,
    mark(row, { scroll }) {
      marked?.removeAttribute("aria-current");
      marked = lines.get(keyOf(row));
      marked.setAttribute("aria-current", "step");
      if (scroll) marked.scrollIntoView({ block: "nearest", inline: "nearest" });
    },
  };
}

function line(row, { proof, chosen, linked }) {
  const proves = row.position !== null && proof.has(row.position);
  return element(
    "tr",
    {
      "data-what": row.what,
      "data-proof": proves,
      "data-name": row.name,
      "data-failure": fails(row),
      onclick: (event) => event.target.closest("a") || chosen(row),
    },
    element("td", { class: "number", title: dateAndClock(row.at) }, clock(row.at)),
    element("td", { class: "number recorded", title: dateAndClock(row.recorded_at) }, signed(row.recorded_after_s)),
    element("td", { class: "number since" }, seconds(row.since_start_s)),
    element("td", { class: row.gap_s >= LONG_GAP_S && row.since_start_s > 0 ? "number gap long" : "number gap" }, seconds(row.gap_s)),
    element("td", { class: "what" }, ...told(row, { proves, linked })),
    element("td", { class: "quiet by", title: row.cause.actor }, row.cause.actor),
  );
}

function told(row, { proves, linked }) {
  return [
    row.what === "event" ? null : element("span", { class: "tag", "data-outcome": row.what }, OUTCOME_OF_INPUT[row.what]),
    row.sentence,
    linked && row.evidence_url ? element("a", { class: "piece", href: row.evidence_url, target: "_blank", rel: "noopener" }, "open") : null,
    moves(row) ? element("span", { class: "under" }, `${STATUS[row.status_before].word} → ${STATUS[row.status_after].word}`) : null,
    row.rule ? element("span", { class: "under" }, element("code", {}, row.rule)) : null,
    proves ? element("span", { class: "under proof" }, "This row proves the cause.") : null,
  ].filter(Boolean);
}
