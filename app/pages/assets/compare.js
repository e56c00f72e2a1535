// Two attempts in two columns, and where they part.

import { announce, element, fill } from "./dom.js";
import { OUTCOME, STATUS, signed } from "./words.js";
import { noAttempt, refused } from "./views.js";

// `story` is of account_story.js or bundle_story.js.
export function compareView(story) {
  const others = element("select", { id: "with-account" });
  const attempts = element("select", { id: "with-attempt" });
  const told = element("div");
  const form = element(
    "form",
    { class: "fields" },
    element("div", {}, element("label", { for: "with-account" }, "Compare with an attempt of"), others),
    element("div", {}, element("label", { for: "with-attempt" }, "Attempt"), attempts),
    story.addition ? story.addition((key) => choose(key).catch(failed)) : null,
  );
  const panel = element("section", { class: "card", "aria-label": "Comparison" }, form, told);
  let number = null;
  let asked = 0;

  const failed = (problem) => fill(told, refused(problem));

  async function compare() {
    const turn = ++asked;
    if (!attempts.value) {
      fill(told, element("p", { class: "quiet" }, `There is no other attempt here. Choose one of another ${story.addition ? "bundle" : "account"}.`));
      return;
    }
    const comparison = await story.compare(number, others.value, attempts.value);
    if (turn !== asked) return;
    fill(told, ...columns(comparison));
    announce(comparison.sentence);
  }

  async function listAttempts() {
    const of = others.value;
    const all = await story.attempts(of);
    if (of !== others.value) return;
    const offered = all.filter((one) => of !== story.key || one.number !== number).reverse();
    fill(attempts, ...offered.map((one) => element("option", { value: one.number }, `${one.number}, ${OUTCOME[one.outcome].word}`)));
    // What worked tells most about what did not.
    const best = offered.find((one) => one.ready_at) ?? offered[0];
    if (best) attempts.value = best.number;
    await compare();
  }

  async function listOthers() {
    fill(others, ...(await story.others()).map(([value, words]) => element("option", { value }, words)));
  }

  async function choose(key) {
    await listOthers();
    others.value = key;
    await listAttempts();
  }

  others.addEventListener("change", () => listAttempts().catch(failed));
  attempts.addEventListener("change", () => compare().catch(failed));
  return {
    name: "compare",
    word: "Compare",
    element: panel,
    show(part) {
      number = part.attempt?.number ?? null;
      form.hidden = number === null;
      if (number === null) {
        asked += 1;
        fill(told, noAttempt());
        return;
      }
      const ready = others.options.length ? Promise.resolve() : listOthers();
      ready.then(listAttempts).catch(failed);
    },
  };
}

function columns({ left, right, pairs, first_divergence: parting, slowest, sentence }) {
  return [
    element("p", { class: "lead" }, sentence),
    element(
      "div",
      { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "Both attempts" },
      element(
        "table",
        { class: "pairs" },
        element("caption", { class: "unseen" }, "Both attempts, step by step"),
        element(
          "thead",
          {},
          element("tr", {}, head(left), element("th", { scope: "col" }, "Later by"), head(right)),
        ),
        element(
          "tbody",
          {},
          ...pairs.flatMap((pair, index) => [
            parting?.pair === index ? partingLine(parting, sentence) : null,
            line(pair, { parts: parting?.pair === index, slowest: slowest === index }),
          ]),
        ),
      ),
    ),
    ...[left, right].filter((side) => side.rows_left_out).map(({ name, rows_left_out }) =>
      element("p", { class: "quiet" }, `${rows_left_out} more rows of ${name} are not compared.`)),
  ];
}

function head({ name, attempt }) {
  const told = attempt && OUTCOME[attempt.outcome];
  return element("th", { scope: "col" }, name, told ? element("span", { class: "pill", "data-tone": told.tone }, told.word) : null);
}

function partingLine(parting, said) {
  const more = said.includes(parting.sentence) ? null : ` ${parting.sentence}`;
  return element("tr", { class: "parting" }, element("td", { colspan: 3 }, element("b", {}, "Here they part."), more));
}

function line(pair, { parts, slowest }) {
  return element(
    "tr",
    { "data-same": pair.same, "data-parts": parts, "data-slowest": slowest },
    cell(pair.left),
    element("td", { class: "number delta" }, ...later(pair, slowest)),
    cell(pair.right, pair.differs),
  );
}

function later({ aligned, delta_s, gap_delta_s }, slowest) {
  if (!aligned || delta_s === null) return [];
  return [
    signed(delta_s),
    slowest ? element("span", { class: "under" }, `${signed(gap_delta_s)} in this step`) : null,
  ].filter(Boolean);
}

function cell(row, differs = []) {
  if (!row) return element("td", { class: "missing" }, element("span", { class: "unseen" }, "nothing"));
  const moved = row.status_before !== row.status_after;
  return element(
    "td",
    { "data-what": row.what },
    element("span", { class: "number under" }, signed(row.since_start_s)),
    row.sentence,
    moved ? element("span", { class: "under" }, `${STATUS[row.status_before].word} → ${STATUS[row.status_after].word}`) : null,
    ...differs.map(({ field, left, right }) => element("span", { class: "under" }, `${field}: ${left} → ${right}`)),
  );
}
