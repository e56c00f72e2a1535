// Linking one phone: the code with its countdown, what to do, how far it is, and what went wrong.
// The operator opens it at /accounts/{id}/link, an end user at /link with a one-time link.

import { Api, Problem } from "./api.js";
import { announce, coalesced, element, fill, say, show, withCode } from "./dom.js";
import { sandboxPhone } from "./sandbox_phone.js";
import { explain, signedIn } from "./sign_in.js";
import { STATUS, STEPS, backup, phoneNumber } from "./words.js";

const LINKING = new Set(["INITIALIZING", "WAITING_QR", "AUTHENTICATING"]);
const forEndUser = window.location.pathname === "/link";

let api;
let account;
let sync = null;
let shownCode = null;
let expiresAt = 0;
let lifeMs = 0;

const stepper = element("ol", { class: "steps", "aria-label": "Progress" });
const stage = element("section", { class: "card stage", "aria-label": "Linking" });
const side = element("aside", { class: "side" });
const title = element("h1");
const subtitle = element("p", { class: "quiet" });
const image = element("img", { class: "code", alt: "", width: 320, height: 320 });
const typed = element("output", { class: "typed", "aria-label": "Pairing code" });
const bar = element("div", { class: "bar" }, element("div"));
const left = element("p", { class: "quiet left" });

async function endUser() {
  const made = new Api("link");
  const token = window.location.hash.slice(1);
  if (token) {
    window.history.replaceState(null, "", "/link"); // the token is used up; leave no copy behind
    await made.signIn({ token });
  } else if (!(await made.readSession())) {
    throw new Problem({ detail: "Open the link that you were sent. Each works once." }, 401);
  }
  document.querySelector(".brand").removeAttribute("href");
  return made;
}

function refuse(problem) {
  announce(problem.message);
  show(
    element(
      "section",
      { class: "card narrow", role: "alert" },
      element("h1", {}, problem.told?.title || "This page cannot be opened"),
      element("p", {}, ...withCode(problem.message)),
      element("p", { class: "quiet" }, "Ask whoever sent the link for a new one."),
    ),
  );
}

async function start(id) {
  const told = await api.get(`/v1/accounts/${id}`);
  account = told.account;
  show(
    element("div", { class: "heading" }, element("div", {}, title, subtitle)),
    stepper,
    element("div", { class: "two" }, stage, side),
  );
  document.title = `Link ${nameOf()} · Linkwright`;
  render();
  api.follow(told.position, { account: id }, heard, (state) => {
    document.body.dataset.feed = state;
    if (state === "ended") api.readSession().then((still) => still || window.location.reload());
  });
  setInterval(tick, 250);
}

const refresh = coalesced(async () => {
  const told = await api.get(`/v1/accounts/${account.id}`);
  account = told.account;
  render();
});

function heard(item, type) {
  sync = type === "syncing" ? item.data.percent : LINKING.has(item.status) ? sync : null;
  refresh().catch(explain);
}

function nameOf() {
  return account.label || account.name || (forEndUser ? "your phone" : account.id);
}

let rendered = "";

function render() {
  title.textContent = account.status === "READY" ? `${nameOf()} is linked` : `Link ${nameOf()}`;
  subtitle.textContent = forEndUser ? "" : `${account.workspace} · ${STATUS[account.status].word}`;
  drawSteps();
  const key = [account.status, account.standby.status, account.attempt?.id, account.reason?.code, account.deadline?.awaited, sync].join();
  if (key !== rendered) {
    rendered = key;
    STAGES[account.status]();
    drawSide();
  }
  if (account.status === "WAITING_QR") loadCode().catch(explain);
}

function drawSteps() {
  const at = STEPS.findIndex((step) => step.statuses.includes(account.status));
  stepper.replaceChildren(
    ...STEPS.map((step, index) =>
      element(
        "li",
        {
          "data-state": account.status === "READY" || index < at ? "done" : index === at ? "now" : "later",
          "aria-current": index === at ? "step" : null,
        },
        step.word,
      ),
    ),
  );
}

const STAGES = {
  NOT_CREATED: () => offer("Ready when you are", "Have the phone at hand; the code is shown for a few minutes.", "link", "Show the QR code"),
  FAILED: () => failed("The phone was not linked"),
  DISCONNECTED: () => failed("The phone is not linked any more"),
  INITIALIZING: () => busy("Opening WhatsApp", "The code appears in a few seconds."),
  AUTHENTICATING: () =>
    account.deadline?.awaited === "passkey"
      ? busy("Confirm on the phone", "WhatsApp asks for a passkey: unlock the phone, open WhatsApp and confirm there. Linking goes on by itself.")
      : busy("Phone found", sync === null ? "WhatsApp is checking it. Keep the phone online." : `Syncing: ${sync} %`, sync),
  READY: () => {
    announce(`Linked with ${phoneNumber(account.phone)}`);
    fill(
      stage,
      element("div", { class: "sign good", "aria-hidden": "true" }, "✓"),
      element("h2", {}, "Linked"),
      element("p", { class: "big number" }, phoneNumber(account.phone)),
      account.name ? element("p", { class: "quiet" }, account.name) : null,
      element("p", {}, forEndUser ? "You can close this page." : "Messages can be sent.", ` ${backup(account.standby)}`),
    );
  },
  WAITING_QR: () => {
    shownCode = null;
    const pairing = isPairing();
    fill(
      stage,
      element("h2", {}, pairing ? "Enter this code on the phone" : "Scan this code"),
      pairing ? typed : element("div", { class: "frame" }, image),
      bar,
      left,
    );
  },
};

function isPairing() {
  return account.attempt && pairingAttempts.has(account.attempt.id);
}

const pairingAttempts = new Set();

function offer(heading, sentence, wish, button) {
  fill(
    stage,
    element("h2", {}, heading),
    element("p", {}, sentence),
    starters(wish, button),
  );
}

function failed(heading) {
  const reason = account.reason;
  announce(`${heading}. ${reason ? reason.sentence : ""}`);
  fill(
    stage,
    element("div", { class: "sign bad", "aria-hidden": "true" }, "!"),
    element("h2", {}, heading),
    reason ? element("p", { class: "cause", "data-reason": reason.code }, reason.sentence) : null,
    reason ? element("p", {}, ...withCode(reason.next_step)) : null,
    reason?.detail && !forEndUser
      ? element("p", { class: "quiet" }, element("code", {}, reason.code), ` ${reason.detail}`)
      : null,
    starters("retry", "Try again"),
    forEndUser ? null : element("p", {}, element("a", { href: `/accounts/${account.id}` }, "What happened")),
  );
}

function busy(heading, sentence, percent = null) {
  announce(`${heading}. ${sentence}`);
  fill(
    stage,
    percent === null
      ? element("div", { class: "spinner", "aria-hidden": "true" })
      : element("progress", { max: 100, value: percent, "aria-label": "Syncing" }),
    element("h2", {}, heading),
    element("p", {}, sentence),
  );
}

function starters(wish, button) {
  const wrong = element("p", { class: "wrong", role: "alert" });
  const phone = element("input", {
    id: "phone",
    inputmode: "tel",
    autocomplete: "tel",
    placeholder: "+49 151 12345678",
    "aria-describedby": "phone-hint",
  });
  const begin = async (body) => {
    wrong.textContent = "";
    try {
      const told = await api.post(`/v1/accounts/${account.id}/${wish}`, body);
      if (body.method === "pairing_code") pairingAttempts.add(told.account.attempt.id);
      account = told.account;
      render();
    } catch (problem) {
      say(wrong, [problem.message, problem.told?.what_to_do].filter(Boolean).join(" "));
    }
  };
  const form = element(
    "form",
    { class: "inline" },
    element("label", { for: "phone" }, "Phone number"),
    phone,
    element("p", { class: "quiet", id: "phone-hint" }, "With country code. WhatsApp then asks the phone for a code of eight characters."),
    element("button", { type: "submit", class: "second" }, "Show a code to type"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin({ method: "pairing_code", phone: phone.value.replace(/[^+\d]/g, "") });
  });
  return element(
    "div",
    { class: "starters" },
    element("button", { type: "button", onclick: () => begin({ method: "qr" }) }, button),
    wrong,
    element("details", {}, element("summary", {}, "The camera cannot be used?"), form),
  );
}

function drawSide() {
  const how = element(
    "section",
    { class: "card" },
    element("h2", {}, "On the phone"),
    element(
      "ol",
      { class: "how" },
      element("li", {}, "Open WhatsApp."),
      element("li", {}, "Tap ", element("b", {}, "Settings"), ", on Android the ", element("b", {}, "⋮"), " menu, then ", element("b", {}, "Linked devices"), "."),
      element("li", {}, "Tap ", element("b", {}, "Link a device"), isPairing() ? ", then Link with phone number instead." : "."),
      element("li", {}, isPairing() ? "Type the code that is shown here." : "Point the camera at the code."),
    ),
  );
  const parts = account.status === "READY" ? [] : [how];
  if (LINKING.has(account.status) && !forEndUser) parts.push(cancelCard());
  if (account.status === "READY" && !forEndUser) parts.push(readyCard());
  if (KEPT_REASONS.has(account.reason?.code) && !forEndUser) parts.push(reconnectCard());
  if (account.site === "sandbox" && !forEndUser) parts.push(sandboxPhone(api, account));
  side.replaceChildren(...parts);
}

function act(word, call, confirmation = "") {
  const wrong = element("p", { class: "wrong", role: "alert" });
  const button = element("button", { type: "button", class: "second" }, word);
  button.addEventListener("click", async () => {
    if (confirmation && !window.confirm(confirmation)) return;
    wrong.textContent = "";
    try {
      await call();
    } catch (problem) {
      say(wrong, problem.message);
    }
  });
  return [button, wrong];
}

const card = (...parts) => element("section", { class: "card" }, ...parts);

const cancelCard = () => card(...act("Cancel this attempt", () => api.post(`/v1/accounts/${account.id}/cancel`)));

// Links that do not come back by themselves though their session is kept.
const KEPT_REASONS = new Set(["stopped", "stream_replaced", "already_linked_elsewhere"]);

function reconnectCard() {
  return card(
    ...act("Reconnect", () => api.post(`/v1/accounts/${account.id}/reconnect`)),
    element("p", { class: "quiet" }, "The session is kept; no scan is needed. A page that is open elsewhere gives way."),
  );
}

function readyCard() {
  return card(
    ...act("Stop", () => api.post(`/v1/accounts/${account.id}/stop`)),
    element("p", { class: "quiet" }, "The session is kept; reconnecting needs no scan."),
    ...act(
      "Log out",
      () => api.post(`/v1/accounts/${account.id}/logout`),
      `Unlink ${nameOf()}? A new scan is needed to link it again.`,
    ),
    element("p", {}, element("a", { href: `/accounts/${account.id}` }, "What happened so far")),
  );
}

async function loadCode() {
  const wanted = account.code?.fingerprint;
  if (!wanted || wanted === shownCode) return;
  shownCode = wanted;
  try {
    const path = `/v1/accounts/${account.id}/qr`;
    const told = await (await api.request("GET", `${path}.json?code=${wanted}`, undefined, "application/json")).json();
    lifeMs = lifeMs && told.ordinal > 1 ? Math.max(lifeMs, told.expires_in_s * 1000) : told.expires_in_s * 1000;
    if (told.kind === "pairing_code") {
      pairingAttempts.add(told.attempt);
      if (!typed.isConnected) STAGES.WAITING_QR();
      shownCode = wanted;
      typed.textContent = told.text;
    } else {
      const drawn = await api.request("GET", `${path}.svg?code=${wanted}`, undefined, "image/svg+xml");
      const blob = await drawn.blob();
      if (shownCode !== wanted) return;
      if (image.src) URL.revokeObjectURL(image.src);
      image.src = URL.createObjectURL(blob);
      image.alt = "QR code that links a phone with WhatsApp";
    }
    lifeMs = told.expires_in_s * 1000;
    expiresAt = performance.now() + lifeMs;
    stage.dataset.code = wanted;
    announce(told.ordinal > 1 ? "A new code is shown" : "The code is shown. Scan it with the phone.");
    tick();
  } catch (problem) {
    shownCode = null;
    if (![404, 410].includes(problem.status)) throw problem; // gone meanwhile: its follower comes
  }
}

function tick() {
  if (account.status !== "WAITING_QR") return;
  const remaining = Math.max(0, expiresAt - performance.now());
  const over = shownCode === null || remaining === 0;
  stage.toggleAttribute("data-over", over);
  bar.firstChild.style.width = `${lifeMs ? (100 * remaining) / lifeMs : 0}%`;
  left.textContent = over
    ? "The next code is on its way."
    : `This code is good for ${Math.ceil(remaining / 1000)} s; a new one follows by itself.`;
}

try {
  api = forEndUser ? await endUser() : await signedIn();
  await start(forEndUser ? api.session.account_id : window.location.pathname.split("/")[2]);
} catch (problem) {
  if (!forEndUser) explain(problem);
  else refuse(problem);
}
