// Statistics: how far attempts came, how long it took, and why they ended.

import { Problem } from "./api.js";
import { announce, coalesced, element, fill, say, show, withCode } from "./dom.js";
import { messageTally } from "./message_tally.js";
import { bars, columns, ranges } from "./plots.js";
import { explain, signedIn } from "./sign_in.js";
import {
  ACTOR,
  BY,
  RANGES,
  WAYS,
  bucketHeading,
  bucketLabel,
  count,
  share,
  stepsOf,
  summaryOf,
  timesOf,
} from "./statistics_words.js";

const SERIES = 5; // Causes with a colour of their own; more could not be told apart.
const asked = { days: "7", by: "day", workspace: "", ...Object.fromEntries(new URLSearchParams(location.search)) };
const results = element("div", { id: "results" });
const messages = element("div");
const ways = element("div", { class: "segments", role: "group", "aria-label": "Way to link" });
const perWay = element("div", { class: "pair" });
const file = element("input", { type: "file", id: "bundles", class: "unseen", multiple: true });
const wrong = element("p", { class: "wrong", role: "alert" });
let api;
let way = null;

function controls() {
  const select = (name, label, options) => {
    const made = element(
      "select",
      { id: name },
      ...Object.entries(options).map(([value, word]) => element("option", { value, selected: asked[name] === value }, word)),
    );
    made.addEventListener("change", () => { asked[name] = made.value; again(); });
    return element("div", {}, element("label", { for: name }, label), made);
  };
  const workspace = element("input", { id: "workspace", value: asked.workspace, placeholder: "all", autocomplete: "off", spellcheck: "false" });
  workspace.addEventListener("change", () => { asked.workspace = workspace.value.trim(); again(); });
  return element(
    "div",
    { class: "heading statistics-heading" },
    element("h1", {}, "Statistics"),
    select("days", "Began in", RANGES),
    select("by", "Gathered by", BY),
    element("div", {}, element("label", { for: "workspace" }, "Workspace"), workspace),
    element("div", {}, file, element("label", { class: "button second", for: "bundles" }, "Of bundles…"), wrong),
  );
}

// Bundles, chosen or dropped anywhere, are summed up instead of the log until something else is asked.
async function sumUp(files) {
  if (!files.length) return;
  wrong.textContent = "";
  try {
    const told = await api.post(`/v1/statistics/bundles?by=${asked.by}`, new Blob([...files]));
    draw(told.statistics, ofBundles([...files], told.fleet));
    fill(messages); // a bundle's are not counted
  } catch (problem) {
    say(wrong, problem.message);
  }
}

function ofBundles(files, fleet) {
  const verdicts = Object.entries(fleet.verdicts).map(([verdict, number]) => `${number.toLocaleString()} ${verdict}`);
  const name = files.length === 1 ? files[0].name : count(files.length, "file");
  return element(
    "section",
    { class: "card notice", "aria-label": "Bundles" },
    element("p", {}, `Of ${name}, not of the log. `, element("button", { type: "button", class: "second", onclick: again }, "Back to the log")),
    element("p", { "data-fleet": "" }, `Decided again by this build: ${verdicts.join(", ") || "no attempt is whole"}.`),
    fleet.different.length
      ? element(
          "details",
          {},
          element("summary", {}, `What differs in ${count(fleet.different.length, "attempt")}`),
          element("ul", {}, ...fleet.different.map((one) => element("li", {}, `${one.verdict}: ${one.account_id}, attempt ${one.attempt ?? "?"}: ${one.missing || one.difference}`))),
        )
      : null,
  );
}

function takeBundles() {
  file.addEventListener("change", () => {
    sumUp([...file.files]);
    file.value = ""; // so that the same file can be chosen again
  });
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => {
      event.preventDefault();
      if (name === "drop") sumUp(event.dataTransfer.files);
    });
  }
}

async function load() {
  results.setAttribute("aria-busy", "true");
  const since = new Date(Date.now() - Number(asked.days) * 86_400_000).toISOString();
  const query = new URLSearchParams({ since, by: asked.by, ...(asked.workspace && { workspace: asked.workspace }) });
  history.replaceState(null, "", `?${new URLSearchParams(asked)}`);
  try {
    draw((await api.get(`/v1/statistics?${query}`)).statistics);
    fill(messages, await messageTally(api, query));
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status === 401) return explain(problem);
    fill(
      results,
      element(
        "section",
        { class: "card", role: "alert" },
        element("h2", {}, problem.told.title || "The statistics cannot be shown"),
        element("p", {}, ...withCode(problem.message)),
        problem.told.what_to_do ? element("p", { class: "quiet" }, ...withCode(problem.told.what_to_do)) : null,
      ),
    );
  } finally {
    results.removeAttribute("aria-busy");
  }
}
const again = coalesced(load);

function draw(told, source = null) {
  if (!told.attempts) {
    fill(results, source, element("p", { class: "card empty" }, "No attempts began in this time. Choose a longer one, or link an account."));
    announce("No attempts began in this time.");
    return;
  }
  const begun = told.ways.filter((one) => one.begun);
  if (!begun.some((one) => one.way === way)) way = begun[0].way;
  fill(
    results,
    source,
    told.unmeasured ? unmeasured(told) : null,
    tiles(told),
    begun.length > 1 ? ways : null,
    perWay,
    told.causes.length ? overTime(told) : null,
    told.causes.length ? causes(told, source === null) : null,
  );
  chooseWay(begun);
  announce(summaryOf(told));
}

function unmeasured(told) {
  return element(
    "p",
    { class: "card notice", role: "note" },
    `${count(told.unmeasured, "attempt")} from before times in a status were kept. `,
    element("code", {}, "./linkwright projections rebuild attempts"),
    " measures them.",
  );
}

function tiles(told) {
  const ended = told.causes.reduce((sum, cause) => sum + cause.count, 0);
  const scans = told.ways.find((one) => one.way === "qr").durations.shown_to_scanned;
  const tile = (name, value, word, under) =>
    element("div", { class: "tile", "data-tile": name }, element("dt", {}, word), element("dd", {}, element("strong", {}, value), element("span", { class: "under" }, under)));
  return element(
    "dl",
    { class: "tiles" },
    tile("attempts", told.attempts.toLocaleString(), "Attempts", `${(told.outcomes.running ?? 0).toLocaleString()} still running`),
    tile("ready", share(told.ready, told.attempts), "Became ready", `${told.ready.toLocaleString()} of ${told.attempts.toLocaleString()}`),
    tile("scan", scans.count ? timesOf(scans).p50 : "–", "Code to scan, half within", scans.count ? `90 % within ${timesOf(scans).p90}` : "no scans"),
    tile("unknown", told.unknown.toLocaleString(), "Unknown causes", `of ${count(ended, "ending")}`),
  );
}

function chooseWay(begun) {
  fill(
    ways,
    ...begun.map((one) =>
      element(
        "button",
        { type: "button", class: "segment", "aria-pressed": String(one.way === way), onclick: () => { way = one.way; chooseWay(begun); ways.querySelector("[aria-pressed=true]").focus(); } },
        WAYS[one.way],
        element("span", { class: "tally" }, one.begun.toLocaleString()),
      ),
    ),
  );
  const chosen = begun.find((one) => one.way === way);
  fill(perWay, funnel(chosen), durations(chosen));
}

function card(title, hint, ...children) {
  return element("section", { class: "card plot-card" }, element("h2", {}, title), element("p", { class: "quiet" }, hint), ...children);
}

function numbers(caption, headings, rows) {
  return element(
    "details",
    { class: "numbers" },
    element("summary", {}, "Show the numbers"),
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      element(
        "table",
        {},
        element("caption", { class: "unseen" }, caption),
        element("thead", {}, element("tr", {}, ...headings.map((one) => element("th", { scope: "col" }, one)))),
        element(
          "tbody",
          {},
          ...rows.map(([first, ...rest]) =>
            element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((one) => element("td", { class: "number" }, one))),
          ),
        ),
      ),
    ),
  );
}

function funnel(told) {
  const rows = stepsOf(told).map(([key, label]) => ({
    key,
    label,
    count: told[key],
    value: told[key].toLocaleString(),
    of: share(told[key], told.begun),
    tone: key === "ready" ? "good" : "plain",
    words: `${label}: ${told[key].toLocaleString()} of ${told.begun.toLocaleString()}, ${share(told[key], told.begun)}`,
  }));
  const running = told.running ? ` ${count(told.running, "attempt")} ${told.running === 1 ? "is" : "are"} still running.` : "";
  return card(
    "How far attempts came",
    `How many of ${count(told.begun, "attempt")} reached each step.${running}`,
    bars("How far attempts came", rows),
    numbers("How far attempts came", ["Step", "Attempts", "Of all"], rows.map((row) => [row.label, row.value, row.of])),
  );
}

function durations(told) {
  const rows = Object.entries(told.durations)
    .filter(([, spread]) => spread.count)
    .map(([key, spread]) => ({ key, ...timesOf(spread, key) }));
  if (!rows.length) return card("How long it took", "Nothing has been measured yet.");
  const plotted = rows.map(({ key, label, words, spread }) => ({ key, label, words, p50: spread.p50_s, p90: spread.p90_s, p99: spread.p99_s }));
  return card(
    "How long it took",
    "Half of the attempts took no longer than the dot says, 90 % than the thick line, 99 % than the ring.",
    ranges("How long it took", plotted),
    numbers(
      "How long it took",
      ["Time", "Attempts", "Half", "90 %", "99 %", "Longest"],
      rows.map((row) => [row.label, row.spread.count.toLocaleString(), row.p50, row.p90, row.p99, row.longest]),
    ),
  );
}

function seriesOf(told) {
  const shown = told.causes.slice(0, SERIES).map((cause, nth) => ({ name: String(nth + 1), codes: [cause.code], sentence: cause.sentence }));
  const rest = told.causes.slice(SERIES).map((cause) => cause.code);
  return rest.length ? [...shown, { name: "rest", codes: rest, sentence: `${count(rest.length, "other cause")}` }] : shown;
}

function overTime(told) {
  const series = seriesOf(told);
  const list = told.buckets.map((bucket) => {
    const parts = series
      .map(({ name, codes }) => ({ series: name, count: codes.reduce((sum, code) => sum + (bucket.causes[code] ?? 0), 0) }))
      .filter((part) => part.count);
    const total = parts.reduce((sum, part) => sum + part.count, 0);
    const label = bucketLabel(bucket.key, told.by);
    const said = parts.map((part) => `${part.count.toLocaleString()} × ${series.find((one) => one.name === part.series).sentence}`);
    const words = `${bucketHeading(bucket.key, told.by)}: ${count(bucket.begun, "attempt")}, ${bucket.ready.toLocaleString()} became ready. ${said.join(" ") || "Nothing ended."}`;
    return { key: bucket.key || "none", label, parts, total, words, bucket };
  });
  const readout = element("div", { class: "readout" });
  const tell = ({ bucket, parts }) =>
    fill(
      readout,
      element("strong", {}, bucketHeading(bucket.key, told.by)),
      element("span", { class: "quiet" }, `${count(bucket.begun, "attempt")}, ${share(bucket.ready, bucket.begun) || "none"} became ready`),
      element("ul", {}, ...parts.map((part) => element("li", {}, swatch(part.series), `${part.count.toLocaleString()} × ${series.find((one) => one.name === part.series).sentence}`))),
    );
  tell(list.at(-1));
  return card(
    told.by === "whatsapp" ? "Why they ended, by version of WhatsApp" : "Why they ended, over time",
    `Attempts by ${told.by === "whatsapp" ? "the version that they met" : "when they began"}. Point at a column, or go through them with the arrow keys.`,
    columns("Why attempts ended", list, tell),
    readout,
    numbers(
      "Why attempts ended",
      [told.by === "whatsapp" ? "Version" : "Began", "Attempts", "Ready", ...told.causes.map((cause) => cause.code)],
      told.buckets.map((bucket) => [
        bucketHeading(bucket.key, told.by),
        bucket.begun.toLocaleString(),
        bucket.ready.toLocaleString(),
        ...told.causes.map((cause) => (bucket.causes[cause.code] ?? 0).toLocaleString()),
      ]),
    ),
  );
}

function swatch(name) {
  return element("span", { class: "swatch", "data-series": name, "aria-hidden": "true" });
}

// What stands between backticks is code.
function causes(told, inTheLog) {
  const ended = told.causes.reduce((sum, cause) => sum + cause.count, 0);
  const row = (cause, nth) =>
    element(
      "tr",
      { "data-cause": cause.code },
      element(
        "th",
        { scope: "row" },
        element("div", { class: "cause-name" }, swatch(nth < SERIES ? String(nth + 1) : "rest"), cause.sentence),
        element("code", {}, cause.code),
      ),
      element("td", { class: "number", "data-label": "Attempts" }, cause.count.toLocaleString(), element("span", { class: "under" }, share(cause.count, ended))),
      element("td", {}, ...withCode(cause.next_step), element("span", { class: "under" }, ACTOR[cause.actor])),
      element(
        "td",
        { class: "actions" },
        inTheLog ? element("a", { href: `/accounts/${cause.account_id}${cause.version ? `#v=${cause.version}` : ""}` }, "Newest") : `${cause.account_id}, attempt ${cause.attempt}`,
      ),
    );
  return element(
    "section",
    { class: "card flush" },
    element("h2", { class: "in-flush" }, "Causes"),
    element(
      "table",
      { class: "causes" },
      element("caption", { class: "unseen" }, "Causes, most frequent first"),
      element("thead", {}, element("tr", {}, ...["Cause", "Attempts", "What to do", "Example"].map((one) => element("th", { scope: "col" }, one)))),
      element("tbody", {}, ...told.causes.map(row)),
    ),
  );
}

signedIn()
  .then((signed) => {
    api = signed;
    show(controls(), results, messages);
    takeBundles();
    return again();
  })
  .catch(explain);
