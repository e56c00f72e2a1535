// All accounts, live.

import { announce, coalesced, element, say, show } from "./dom.js";
import { explain, signedIn } from "./sign_in.js";
import { STATUS, ago, dateAndClock, phoneNumber } from "./words.js";

const PAGE = 500;
let api;
let dialog;
const accounts = new Map();
let cursor = null;
let only = "";

const rows = element("tbody");
const none = element("p", { class: "empty", hidden: true });
const more = element("button", { type: "button", class: "second", hidden: true }, "Show more");
const liveness = element("span", { class: "liveness", "data-state": "away" }, "connecting");
const table = element(
  "table",
  { class: "accounts" },
  element("caption", { class: "unseen" }, "Accounts with their status"),
  element(
    "thead",
    {},
    element(
      "tr",
      {},
      ...["Account", "Status", "Phone", "Since", ""].map((word) =>
        element("th", { scope: "col" }, word || element("span", { class: "unseen" }, "Actions")),
      ),
    ),
  ),
  rows,
);

async function start() {
  const first = await load(null);
  show(
    element(
      "div",
      { class: "heading" },
      element("h1", {}, "Accounts"),
      liveness,
      statusFilter(),
      element("button", { type: "button", onclick: () => dialog.showModal() }, "New account"),
    ),
    element("div", { class: "card flush" }, table, none, more),
    dialog,
  );
  more.addEventListener("click", () => load(cursor).then(draw, explain));
  draw();
  api.follow(first, {}, heard, (state) => {
    liveness.dataset.state = state;
    liveness.textContent = state === "live" ? "live" : "reconnecting";
    if (state === "ended") api.readSession().then((still) => still || window.location.reload());
  });
  setInterval(updateAges, 1000);
}

async function load(from) {
  const query = new URLSearchParams({ limit: PAGE });
  if (from) query.set("cursor", from);
  if (only) query.set("status", only);
  const told = await api.get(`/v1/accounts?${query}`);
  if (!from) accounts.clear();
  for (const account of told.accounts) accounts.set(account.id, account);
  cursor = told.next_cursor;
  return told.position;
}

function statusFilter() {
  const select = element(
    "select",
    { "aria-label": "Show accounts that are" },
    element("option", { value: "" }, "All statuses"),
    ...Object.entries(STATUS).map(([status, told]) => element("option", { value: status }, told.word)),
  );
  select.addEventListener("change", () => {
    only = select.value;
    load(null).then(draw, explain);
  });
  return select;
}

const asked = new Set();
const refresh = coalesced(async () => {
  const ids = [...asked];
  asked.clear();
  await Promise.all(ids.map(refreshOne));
  draw();
}, 100);

async function refreshOne(id) {
  const { account } = await api.get(`/v1/accounts/${id}`);
  const before = accounts.get(id);
  if (before && before.status !== account.status) {
    announce(`${nameOf(account)}: ${STATUS[account.status].word}`);
  }
  if (!only || account.status === only) accounts.set(id, account);
  else accounts.delete(id);
}

function heard(item, type) {
  if (type === "reset") {
    load(null).then(draw, explain);
    return;
  }
  asked.add(item.account_id);
  refresh().catch(explain);
}

function nameOf(account) {
  return account.label || account.name || account.id;
}

const drawn = new Map();

// Changes only the rows that differ, so that the keyboard's place in the table stays.
function draw() {
  const listed = [...accounts.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  for (const [id, row] of drawn) {
    if (accounts.has(id)) continue;
    row.element.remove();
    drawn.delete(id);
  }
  listed.forEach((account, index) => {
    const content = JSON.stringify(account);
    let row = drawn.get(account.id);
    if (!row || row.content !== content) {
      const fresh = { element: rowOf(account), content };
      const held = row?.element.contains(document.activeElement);
      if (row) row.element.replaceWith(fresh.element);
      drawn.set(account.id, fresh);
      if (held) fresh.element.querySelector("a")?.focus();
      row = fresh;
    }
    if (rows.children[index] !== row.element) rows.insertBefore(row.element, rows.children[index]);
  });
  table.hidden = listed.length === 0;
  none.hidden = listed.length !== 0;
  none.textContent = only ? "No account is in this status." : "No account yet. Register the first one.";
  more.hidden = !cursor;
}

function rowOf(account) {
  const told = STATUS[account.status];
  const linked = account.status === "READY";
  return element(
    "tr",
    { "data-account": account.id },
    element(
      "th",
      { scope: "row" },
      element("a", { href: `/accounts/${account.id}` }, nameOf(account)),
      account.primary ? element("span", { class: "tag", title: "The workspace's primary account" }, "primary") : null,
      account.site === "sandbox" ? element("span", { class: "tag" }, "sandbox") : null,
      element("span", { class: "under" }, account.workspace),
    ),
    element(
      "td",
      { "data-label": "Status" },
      element("span", { class: "pill", "data-tone": told.tone, "data-status": account.status }, told.word),
      account.reason ? element("span", { class: "under" }, account.reason.sentence) : null,
    ),
    element(
      "td",
      { "data-label": "Phone", class: account.phone ? "number" : "number blank" },
      phoneNumber(account.phone) || "–",
      account.name ? element("span", { class: "under" }, account.name) : null,
    ),
    element(
      "td",
      { "data-label": "Since" },
      element("time", { datetime: account.since, title: dateAndClock(account.since) }, ago(account.since)),
    ),
    element(
      "td",
      { class: "actions" },
      element(
        "a",
        { class: linked ? "button second" : "button", href: `/accounts/${account.id}/link` },
        linked ? "Open" : told.tone === "busy" ? "Continue" : "Link",
        element("span", { class: "unseen" }, ` ${nameOf(account)}`),
      ),
    ),
  );
}

function updateAges() {
  for (const time of rows.querySelectorAll("time")) time.textContent = ago(time.dateTime);
}



function newAccount() {
  const wrong = element("p", { class: "wrong", role: "alert" });
  const label = element("input", { id: "label", maxlength: 120, placeholder: "Front desk" });
  const workspace = element("input", {
    id: "workspace",
    value: "default",
    required: true,
    maxlength: 64,
    pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*",
    title: "Letters, digits, dot, hyphen and underscore",
  });
  const site = element(
    "select",
    { id: "site" },
    element("option", { value: "live" }, "WhatsApp"),
    element("option", { value: "sandbox" }, "Sandbox, with a simulated phone"),
  );
  const form = element(
    "form",
    {},
    element("h2", { id: "new-title" }, "New account"),
    element("label", { for: "label" }, "Name"),
    label,
    element("label", { for: "workspace" }, "Workspace"),
    workspace,
    element("label", { for: "site" }, "Site"),
    site,
    wrong,
    element(
      "div",
      { class: "row" },
      element("button", { type: "submit" }, "Register and link"),
      element("button", { type: "button", class: "second", onclick: () => made.close() }, "Close"),
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    try {
      const body = { label: label.value, workspace: workspace.value, site: site.value };
      const told = await api.post("/v1/accounts", body);
      window.location.assign(`/accounts/${told.account.id}/link`);
    } catch (problem) {
      say(wrong, problem.message);
    }
  });
  const made = element("dialog", { "aria-labelledby": "new-title" }, form);
  return made;
}

try {
  api = await signedIn();
  dialog = newAccount();
  await start();
} catch (problem) {
  explain(problem);
}
