// The sign-in of the operator's pages, and what every page has in common.

import { Api, Problem } from "./api.js";
import { announce, element, say, show, withCode } from "./dom.js";

// Resolves with an Api once somebody is signed in.
export async function signedIn() {
  const api = new Api("page");
  if (!(await api.readSession())) await ask(api);
  document.getElementById("nav").replaceChildren(
    element("a", { href: "/" }, "Accounts"),
    element("a", { href: "/replay" }, "Replay"),
    element("a", { href: "/statistics" }, "Statistics"),
    element("a", { href: "/templates" }, "Templates"),
    element("a", { href: "/webhooks" }, "Webhooks"),
    element("a", { href: "/docs" }, "API"),
    element("button", { class: "plain", type: "button", onclick: () => leave(api) }, "Sign out"),
  );
  return api;
}

function ask(api) {
  return new Promise((done) => {
    const wrong = element("p", { class: "wrong", role: "alert" });
    const key = element("input", {
      id: "key",
      type: "password",
      required: true,
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "lw_…",
      "aria-describedby": "key-hint",
    });
    const form = element(
      "form",
      { class: "card narrow" },
      element("h1", {}, "Sign in"),
      element("label", { for: "key" }, "API key"),
      key,
      element(
        "p",
        { class: "quiet", id: "key-hint" },
        "The first key was printed when Linkwright started for the first time. It is asked for once ",
        "a day and not kept by this page.",
      ),
      wrong,
      element("button", { type: "submit" }, "Sign in"),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      wrong.textContent = "";
      try {
        await api.signIn({ key: key.value.trim() });
        done();
      } catch (problem) {
        say(wrong, problem.message);
        key.select();
      }
    });
    show(form);
    key.focus();
  });
}

async function leave(api) {
  await api.signOut();
  window.location.reload();
}

// Says on the page what went wrong; a lost sign-in starts over.
export function explain(problem) {
  if (problem instanceof Problem && problem.status === 401) {
    window.location.reload();
    return;
  }
  const told = problem instanceof Problem ? problem.told : {};
  announce(problem.message);
  show(
    element(
      "section",
      { class: "card narrow", role: "alert" },
      element("h1", {}, told.title || "Something went wrong"),
      element("p", {}, ...withCode(problem.message)),
      told.what_to_do ? element("p", { class: "quiet" }, ...withCode(told.what_to_do)) : null,
      element("p", {}, element("a", { href: "/" }, "Back to the accounts")),
    ),
  );
}
