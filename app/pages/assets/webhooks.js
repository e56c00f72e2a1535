// Webhooks: how each stands, what was tried, and sending again. Looked at anew every two seconds.

import { announce, coalesced, element, fill, say, show } from "./dom.js";
import { explain, signedIn } from "./sign_in.js";
import { deliveriesOf, figuresOf, heldOf } from "./webhook_view.js";
import { ago } from "./words.js";

const LOOK_MS = 2000;
const REASONS = { asked: "disabled", gone: "gone", failing: "given up" };
let api;
let chosen = new URLSearchParams(window.location.search).get("webhook");
let outcome = "";
let webhooks = [];

const rows = element("tbody");
const none = element("p", { class: "empty", hidden: true }, "No webhook yet. Make the first one.");
const said = element("p", { class: "quiet", role: "status" });
const secret = element("p", { class: "secret", hidden: true });
const title = element("h2");
const figures = element("div");
const held = element("div");
const deliveries = element("div", { class: "table-scroll" });
const buttons = element("div", { class: "row" });
const detail = element("section", { class: "card", hidden: true, "aria-label": "The webhook" });
const table = element(
  "table",
  {},
  element("caption", { class: "unseen" }, "Webhooks and how they stand"),
  element(
    "thead",
    {},
    element("tr", {}, ...["Webhook", "State", "Delivered", "Waiting"].map((word) => element("th", { scope: "col" }, word))),
  ),
  rows,
);

async function start() {
  const dialog = newWebhook();
  fill(detail, title, secret, figures, buttons, said, held, outcomes(), deliveries);
  show(
    element(
      "div",
      { class: "heading" },
      element("h1", {}, "Webhooks"),
      element("button", { type: "button", onclick: () => dialog.showModal() }, "New webhook"),
    ),
    element("div", { class: "card flush table-scroll" }, table, none),
    detail,
    dialog,
  );
  await look();
  setInterval(() => document.hidden || look().catch(explain), LOOK_MS);
}

const look = coalesced(async () => {
  webhooks = (await api.get("/v1/webhooks?limit=200")).webhooks;
  drawList();
  if (chosen && webhooks.some((one) => one.id === chosen)) await drawDetail();
  else detail.hidden = true;
});

function stateOf(webhook) {
  if (webhook.disabled) return { word: REASONS[webhook.disabled.reason], tone: webhook.disabled.reason === "asked" ? "idle" : "bad" };
  if (webhook.failing_since) return { word: "failing", tone: "bad" };
  if (webhook.held_up || webhook.set_aside) return { word: "held up", tone: "warn" };
  return { word: "works", tone: "good" };
}

// Rows that say what they said stay as they are, so that the keyboard keeps its place.
function drawList() {
  none.hidden = webhooks.length !== 0;
  table.hidden = webhooks.length === 0;
  const made = webhooks.map((webhook) => {
    const content = JSON.stringify([webhook, webhook.id === chosen]);
    const before = [...rows.children].find((row) => row.dataset.webhook === webhook.id);
    if (before?.dataset.content === content) return before;
    const fresh = rowOf(webhook);
    fresh.dataset.content = content;
    if (before?.contains(document.activeElement)) setTimeout(() => fresh.querySelector("button").focus());
    return fresh;
  });
  if (made.some((row, index) => rows.children[index] !== row) || rows.children.length !== made.length) fill(rows, ...made);
}

function rowOf(webhook) {
  const state = stateOf(webhook);
  const open = () => choose(webhook.id).catch(explain);
  return element(
    "tr",
    { "data-webhook": webhook.id },
    element(
      "th",
      { scope: "row" },
      element("button", { type: "button", class: "plain webhook-choice", "aria-expanded": webhook.id === chosen ? "true" : "false", onclick: open }, webhook.description || webhook.url),
      element("span", { class: "tag" }, webhook.workspace),
      webhook.description ? element("span", { class: "under" }, webhook.url) : null,
    ),
    element(
      "td",
      {},
      element("span", { class: "pill", "data-tone": state.tone }, state.word),
      webhook.disabled ? element("span", { class: "under" }, webhook.disabled.sentence) : null,
      !webhook.disabled && webhook.last_error ? element("span", { class: "under" }, webhook.last_error) : null,
    ),
    element("td", { class: "number" }, webhook.delivered.toLocaleString(), webhook.delivered_at ? element("span", { class: "under" }, ago(webhook.delivered_at)) : null),
    element("td", { class: "number" }, waitingOf(webhook)),
  );
}

function waitingOf(webhook) {
  const told = [
    webhook.behind ? `${webhook.behind.toLocaleString()} behind` : "",
    webhook.held_up ? `${webhook.held_up.toLocaleString()} held up` : "",
    webhook.set_aside ? `${webhook.set_aside.toLocaleString()} set aside` : "",
  ].filter(Boolean);
  return told.join(", ") || "–";
}

async function choose(id) {
  chosen = chosen === id ? null : id;
  secret.hidden = true;
  said.textContent = "";
  window.history.replaceState(null, "", chosen ? `/webhooks?webhook=${chosen}` : "/webhooks");
  await look();
}

const path = (rest = "") => `/v1/webhooks/${encodeURIComponent(chosen)}${rest}`;

async function drawDetail() {
  const query = new URLSearchParams({ limit: 50, ...(outcome && { outcome }) });
  const of = chosen;
  const [{ webhook }, page] = await Promise.all([api.get(path()), api.get(path(`/deliveries?${query}`))]);
  if (of !== chosen) return;
  detail.hidden = false;
  title.textContent = webhook.description || webhook.url;
  redraw(figures, [webhook.id, webhook.delivered, webhook.failed_tries, webhook.behind, webhook.held_up, webhook.set_aside, webhook.failing_since], () => figuresOf(webhook));
  redraw(held, [webhook.held_up_first, webhook.redeliveries], () => heldOf(webhook));
  redraw(deliveries, page.deliveries, () => deliveriesOf(page.deliveries, (one) => again({ first: one.position, until: one.position, only: "everything" })));
  redraw(buttons, [webhook.id, webhook.enabled, webhook.set_aside], () => buttonsOf(webhook));
}

// Draws anew only what says something else, so that nothing is taken from under a finger.
function redraw(where, content, draw) {
  const text = JSON.stringify(content);
  if (where.dataset.content === text) return;
  where.dataset.content = text;
  fill(where, ...[draw()].flat());
}

function buttonsOf(webhook) {
  const button = (word, act, attributes = {}) => element("button", { type: "button", class: "second", onclick: () => act().catch(tell), ...attributes }, word);
  return [
    button("Send a test", test),
    webhook.set_aside ? button(`Send ${webhook.set_aside.toLocaleString()} set aside again`, () => again({})) : null,
    button(webhook.enabled ? "Disable" : "Enable", () => act(webhook.enabled ? "/disable" : "/enable", webhook.enabled ? "Disabled." : "Enabled: everything since is on its way.")),
    button("New secret", rotate),
  ];
}

async function test() {
  const told = await api.post(path("/test"));
  tell({ message: told.delivered ? `The test arrived, after ${told.duration_ms} ms.` : `The test did not arrive: ${told.error}.` });
}

async function again(wanted) {
  const told = await api.post(path("/redeliver"), wanted);
  const { position, until } = told.redelivery;
  tell({ message: position === until ? `Position ${position} is sent again.` : "All of it is sent again." });
  await look();
}

async function act(action, sentence) {
  await api.post(path(action));
  tell({ message: sentence });
  await look();
}

async function rotate() {
  const told = await api.post(path("/rotate-secret"), {});
  showSecret(told.secret);
  tell({ message: "The old secret signs beside it for a day." });
}

function showSecret(text) {
  secret.hidden = false;
  fill(secret, "The secret, shown this once: ", element("code", {}, text));
}

function tell({ message }) {
  said.textContent = message;
  announce(message);
}

function outcomes() {
  const select = element(
    "select",
    { id: "outcome" },
    ...[["", "All tries"], ["delivered", "Delivered"], ["failed", "Failed"], ["set_aside", "Set aside"]].map(([value, word]) => element("option", { value }, word)),
  );
  select.addEventListener("change", () => {
    outcome = select.value;
    look().catch(explain);
  });
  return element("div", { class: "heading" }, element("label", { for: "outcome" }, "Deliveries"), select);
}

function newWebhook() {
  const wrong = element("p", { class: "wrong", role: "alert" });
  const url = element("input", { id: "url", type: "url", required: true, maxlength: 2048, placeholder: "https://erp.example/linkwright" });
  const description = element("input", { id: "description", maxlength: 120, placeholder: "The ERP" });
  const workspace = element("input", { id: "workspace", value: "default", required: true, maxlength: 64, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", title: "Letters, digits, dot, hyphen and underscore" });
  const form = element(
    "form",
    {},
    element("h2", { id: "new-title" }, "New webhook"),
    element("label", { for: "url" }, "Address"),
    url,
    element("label", { for: "description" }, "Name"),
    description,
    element("label", { for: "workspace" }, "Workspace"),
    workspace,
    wrong,
    element(
      "div",
      { class: "row" },
      element("button", { type: "submit" }, "Make it"),
      element("button", { type: "button", class: "second", onclick: () => made.close() }, "Close"),
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    try {
      const told = await api.post("/v1/webhooks", { url: url.value, description: description.value, workspace: workspace.value });
      form.reset();
      made.close();
      chosen = null;
      await choose(told.webhook.id);
      showSecret(told.secret);
    } catch (problem) {
      say(wrong, problem.message);
    }
  });
  const made = element("dialog", { "aria-labelledby": "new-title" }, form);
  return made;
}

try {
  api = await signedIn();
  await start();
} catch (problem) {
  explain(problem);
}
