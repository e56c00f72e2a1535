// One account's recorded story: every event, and what was ignored or refused, in its place.

import { announce, coalesced, element, show } from "./dom.js";
import { byAttempt, evidenceRow } from "./evidence.js";
import { explain, signedIn } from "./sign_in.js";
import { STANDBY, STATUS, clock, dateAndClock, phoneNumber, seconds } from "./words.js";

const LONG_GAP_S = 5;
const id = window.location.pathname.split("/")[2];
let api;
const heading = element("div", { class: "heading" });
const cause = element("section", { class: "card" });
const parts = element("div");

async function load() {
  const [{ account }, { why }, { timeline }, { evidence }] = await Promise.all([
    api.get(`/v1/accounts/${id}`),
    api.get(`/v1/accounts/${id}/why`),
    api.get(`/v1/accounts/${id}/timeline`),
    api.get(`/v1/accounts/${id}/evidence`),
  ]);
  const name = account.label || account.name || account.id;
  document.title = `${name} · Linkwright`;
  drawHeading(account, name);
  drawCause(why);
  const proof = new Set([...(why.cause?.positions ?? [])]);
  const kept = byAttempt(evidence);
  parts.replaceChildren(...[...timeline.attempts].reverse().map((part) => attempt(part, proof, kept)));
}

function drawHeading(account, name) {
  const told = STATUS[account.status];
  heading.replaceChildren(
    element(
      "div",
      {},
      element("h1", {}, name),
      element("p", { class: "quiet" }, [account.workspace, phoneNumber(account.phone), account.id].filter(Boolean).join(" · ")),
      element("p", { class: "quiet", "data-standby": account.standby.status }, STANDBY[account.standby.status]),
    ),
    element("span", { class: "pill", "data-tone": told.tone, "data-status": account.status }, told.word),
    element("a", { class: "button second", href: `/accounts/${id}/link` }, "Link page"),
  );
}

function drawCause(why) {
  announce(why.sentence);
  cause.replaceChildren(
    ...[
      element("h2", {}, why.cause ? "Cause" : "Now"),
      element("p", { class: why.cause ? "cause" : "", "data-cause": why.cause?.code }, why.cause?.sentence ?? why.sentence),
      why.cause ? element("p", {}, why.cause.next_step) : null,
      why.waiting ? element("p", { class: "quiet" }, why.waiting.sentence) : null,
      ...why.remarks.map((remark) => element("p", { class: "quiet" }, remark.sentence)),
    ].filter(Boolean),
  );
}

function attempt(part, proof, kept) {
  const row = part.attempt;
  const pieces = row ? kept.get(row.attempt_id) : undefined;
  const failure = pieces && [...part.rows].reverse().find((one) => ENDINGS.includes(one.name));
  const title = row ? `Attempt ${row.number}` : "Before the first attempt";
  return element(
    "section",
    { class: "card flush attempt" },
    element(
      "div",
      { class: "heading" },
      element("h2", {}, title),
      row ? element("span", { class: "tag" }, row.kind === "reconnect" ? "reconnect" : row.method.replace("_", " ")) : null,
      row ? element("span", { class: "pill", "data-tone": TONE[row.outcome] ?? "idle" }, row.outcome.replace("_", " ")) : null,
      element("span", { class: "quiet" }, times(part)),
    ),
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": title },
      element(
        "table",
        { class: "story" },
        element(
          "thead",
          {},
          element("tr", {}, ...["Seen", "Recorded", "From start", "Gap", "What", "By"].map((word) => element("th", { scope: "col" }, word))),
        ),
        element(
          "tbody",
          {},
          ...part.rows.flatMap((one) => [line(one, proof), one === failure ? evidenceRow(pieces, api) : null]),
        ),
      ),
    ),
  );
}

const ENDINGS = ["LinkFailed", "ReconnectFailed", "ConnectionLost", "SessionRejected"];
const TONE = { ready: "good", running: "busy", failed: "bad", disconnected: "warn", superseded: "warn" };

function times(part) {
  return Object.entries(part.time_in_status_s)
    .filter(([, spent]) => spent > 0)
    .map(([status, spent]) => `${STATUS[status].word} ${seconds(spent)}`)
    .join(" · ");
}

function line(row, proof) {
  const moved = row.status_before !== row.status_after;
  const proves = row.position !== null && proof.has(row.position);
  return element(
    "tr",
    { "data-what": row.what, "data-proof": proves, "data-name": row.name },
    element("td", { class: "number", title: dateAndClock(row.at) }, clock(row.at)),
    element("td", { class: "number", title: dateAndClock(row.recorded_at) }, `+${seconds(row.recorded_after_s)}`),
    element("td", { class: "number" }, seconds(row.since_start_s)),
    element("td", { class: row.gap_s >= LONG_GAP_S ? "number long" : "number" }, seconds(row.gap_s)),
    element(
      "td",
      {},
      row.what === "event" ? null : element("span", { class: "tag" }, row.what),
      row.sentence,
      row.evidence_url ? element("a", { class: "piece", href: row.evidence_url, target: "_blank", rel: "noopener" }, "open") : null,
      moved ? element("span", { class: "under" }, `${STATUS[row.status_before].word} → ${STATUS[row.status_after].word}`) : null,
      row.rule ? element("span", { class: "under" }, element("code", {}, row.rule)) : null,
      proves ? element("span", { class: "under proof" }, "This row proves the cause.") : null,
    ),
    element("td", { class: "quiet" }, row.cause.actor),
  );
}

try {
  api = await signedIn();
  const told = await api.get(`/v1/accounts/${id}`);
  show(heading, cause, parts);
  await load();
  const again = coalesced(load, 200);
  api.follow(told.position, { account: id }, () => again().catch(explain), (state) => {
    if (state === "ended") api.readSession().then((still) => still || window.location.reload());
  });
} catch (problem) {
  explain(problem);
}
