// The simulated phone of a sandbox account, one click away.

import { element, say } from "./dom.js";

let scenes = null;
let number = "4915112345678";

export function sandboxPhone(api, account) {
  const said = element("p", { class: "quiet", role: "status" });
  const here = `/v1/sandbox/accounts/${account.id}`;
  const does = (word, call, first = false) => {
    const button = element("button", { type: "button", class: first ? "" : "second" }, word);
    button.addEventListener("click", async () => {
      button.disabled = true;
      said.textContent = "";
      try {
        await call();
        said.textContent = "Done.";
      } catch (problem) {
        say(said, problem.message);
      }
      button.disabled = false;
    });
    return button;
  };
  const phone = element("input", { id: "sandbox-number", inputmode: "tel", value: number });
  phone.addEventListener("input", () => (number = phone.value));
  const select = element("select", { id: "scene" }, element("option", { value: "normal" }, "normal"));
  const told = element("p", { class: "quiet" });
  list(api, select, told);
  const digits = () => number.replace(/[^+\d]/g, "");
  return element(
    "section",
    { class: "card sandbox" },
    element("h2", {}, "Sandbox phone"),
    element("label", { for: "sandbox-number" }, "Its number"),
    phone,
    element("div", { class: "row" }, ...buttons(account, api, here, does, digits)),
    said,
    element(
      "details",
      {},
      element("summary", {}, "Rehearse a failure"),
      element("label", { for: "scene" }, "What the next attempt meets"),
      select,
      told,
      does("Choose", () => api.send("PUT", `${here}/scene`, { name: select.value })),
    ),
  );
}

function buttons(account, api, here, does, digits) {
  switch (account.status) {
    case "WAITING_QR":
      return [
        does("Scan the code", () => api.post(`${here}/scan`, { phone: digits() }), true),
        does("Refuse", () => api.post(`${here}/reject`)),
      ];
    case "READY":
      return [
        does("Log out on the phone", () => api.post(`${here}/logout`)),
        does("Go offline", () => api.post(`${here}/offline`)),
        does("Go online", () => api.post(`${here}/online`)),
      ];
    case "AUTHENTICATING":
      return [
        does("Approve the passkey", () => api.post(`${here}/passkey`, { answer: "approve" })),
        does("Deny it", () => api.post(`${here}/passkey`, { answer: "deny" })),
      ];
    default:
      return [element("p", { class: "quiet" }, "It can scan once a code is shown.")];
  }
}

async function list(api, select, told) {
  try {
    scenes ??= (await api.get("/v1/sandbox/scenes")).scenes;
  } catch {
    told.textContent = "The sandbox does not answer.";
    return;
  }
  select.replaceChildren(...scenes.map((scene) => element("option", { value: scene.name }, scene.name.replaceAll("_", " "))));
  const say = () => (told.textContent = scenes.find((scene) => scene.name === select.value)?.sentence ?? "");
  select.addEventListener("change", say);
  say();
}
