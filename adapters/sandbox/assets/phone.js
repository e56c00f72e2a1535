"use strict";
// The sandbox phone for a person. Its token comes in the fragment, which no server ever sees.
(() => {
  const POLL_MS = 1000;
  const account = document.querySelector("main").dataset.account;
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  const find = (id) => document.getElementById(id);
  let online = true;

  async function call(path, body, method = "POST") {
    const response = await fetch(`/control/accounts/${account}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = response.status === 204 ? {} : await response.json();
    if (!response.ok) throw new Error(`${answer.title}: ${answer.detail}`);
    return answer;
  }

  function say(text, good) {
    find("answer").textContent = text;
    find("answer").dataset.good = String(good);
  }

  async function act(path, body, done) {
    try {
      await call(path, body);
      say(done, true);
    } catch (problem) {
      say(problem.message, false);
    }
    await look();
  }

  function describe({ pages, linked_devices: devices }) {
    if (pages.some((page) => page.awaits_passkey)) return "The browser is asked for a passkey.";
    if (pages.some((page) => page.code_on_show)) return "A QR code is on show.";
    if (pages.some((page) => page.pairing_code_on_show)) return "A pairing code is on show.";
    if (pages.some((page) => page.logged_in)) return `Linked as +${devices[0]?.phone_number}.`;
    if (pages.length > 0) return `A page is open (${pages[0].socket}).`;
    return devices.length > 0 ? "Linked; no page is open." : "No page is open.";
  }

  const MARKS = ["sending", "sent", "delivered", "read"];
  function paintMessages(messages) {
    if (messages.length === 0) return;
    const lines = messages.map((one) => {
      const line = document.createElement("li");
      const who = `+${one.peer.split("@")[0]}`;
      const file = one.file ? `[${one.file.name}, ${Math.ceil(one.file.size / 1024)} kB] ` : "";
      line.className = one.direction;
      line.textContent =
        one.direction === "in"
          ? `${who} → account: ${file}${one.text}`
          : `account → ${who}: ${file}${one.text} (${MARKS[one.ack]})`;
      return line;
    });
    find("messages").replaceChildren(...lines);
  }

  async function look() {
    try {
      const seen = await call("", undefined, "GET");
      online = seen.phone_online;
      const said = online ? describe(seen) : `The phone is offline. ${describe(seen)}`;
      if (find("state").textContent !== said) find("state").textContent = said;
      find("network").textContent = online ? "Go offline" : "Go online";
      find("passkey").hidden = !seen.pages.some((page) => page.awaits_passkey);
      paintMessages(seen.messages);
    } catch (problem) {
      find("state").textContent = problem.message;
    }
  }

  const fields = (form) => Object.fromEntries(new FormData(form));
  const actions = {
    reject: () => act("/phone/reject", undefined, "Refused."),
    approve: () => act("/phone/passkey", { answer: "approve" }, "Approved."),
    deny: () => act("/phone/passkey", { answer: "deny" }, "Denied."),
    deliver: () => act("/phone/deliver", undefined, "Delivered."),
    read: () => act("/phone/read", undefined, "Read."),
    logout: () => act("/phone/logout", undefined, "All devices are logged out."),
    network: () =>
      act(online ? "/phone/offline" : "/phone/online", undefined, online ? "Offline." : "Online."),
  };

  document.querySelectorAll("[data-act]").forEach((button) => {
    button.addEventListener("click", () => actions[button.dataset.act]());
  });
  const onSubmit = (id, run) =>
    find(id).addEventListener("submit", (event) => {
      event.preventDefault();
      run(fields(event.target));
    });
  onSubmit("scan", (given) => act("/phone/scan", given, "Scanned."));
  onSubmit("pairing", ({ code }) => {
    const { phone_number, name } = fields(find("scan"));
    act("/phone/enter-pairing-code", { code, phone_number, name }, "Code entered.");
  });
  onSubmit("write", (given) => act("/phone/message", given, "Sent."));

  async function keepLooking() {
    await look();
    setTimeout(keepLooking, POLL_MS);
  }

  if (token) keepLooking();
  else find("state").textContent = "This link is incomplete: its part after # is missing.";
})();
