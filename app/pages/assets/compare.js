// Two attempts in two columns, and where they part.

import { announce, element, fill } from "./dom.js";
import { OUTCOME, STATUS, signed } from "./words.js";
import { noAttempt } from "./views.js";

const MOST_ACCOUNTS = 500;

export function compareView(api, id) {
  const accounts = element("select", { id: "with-account" });
  const attempts = element("select", { id: "with-attempt" });
  const told = element("div");
  const form = element(
    "form",
    { class: "fields" },
    element("div", {}, element("label", { for: "with-account" }, "Compare with an attempt of"), accounts),
    element("div", {}, element("label", { for: "with-attempt" }, "Attempt"), attempts),
  );
  const panel = element("section", { class: "card", "aria-label": "Comparison" }, form, told);
  let number = null;
  let asked = 0;

  const failed = (problem) => fill(told, element("p", { class: "wrong", role: "alert" }, problem.message));

  async function compare() {
    const turn = ++asked;
    if (!attempts.value) {
      fill(told, element("p", { class: "quiet" }, "There is no other attempt yet. Choose one of another account."));
      return;
    }
    const query = new URLSearchParams({ attempt: number, with_account: accounts.value, with_attempt: attempts.value });
    const { comparison } = await api.get(`/v1/accounts/${id}/compare?${query}`);
    if (turn !== asked) return;
    fill(told, ...columns(comparison));
    announce(comparison.sentence);
  }

  async function listAttempts() {
    const of = accounts.value;
    const { attempts: all } = await api.get(`/v1/accounts/${of}/attempts`);
    if (of !== accounts.value) return;
    const others = all.filter((one) => of !== id || one.number !== number).reverse();
    fill(attempts, ...others.map((one) => element("option", { value: one.number }, `${one.number}, ${OUTCOME[one.outcome].word}`)));
    // What worked tells most about what did not.
    const best = others.find((one) => one.ready_at) ?? others[0];
    if (best) attempts.value = best.number;
    await compare();
  }

  async function listAccounts() {
    const { accounts: all } = await api.get(`/v1/accounts?limit=${MOST_ACCOUNTS}`);
    const others = all.filter((one) => one.id !== id);
    const named = (one) => element("option", { value: one.id }, `${one.label || one.name || one.id} (${one.workspace})`);
    fill(accounts, element("option", { value: id }, "this account"), ...others.map(named));
  }

  accounts.addEventListener("change", () => listAttempts().catch(failed));
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
      const ready = accounts.options.length ? Promise.resolve() : listAccounts();
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
