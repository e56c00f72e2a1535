// Writes an account's story, or one attempt of it, into a bundle file.

import { announce, element, fill, say } from "./dom.js";
import { title } from "./story_log.js";

const LEVELS = {
  masked: ["Masked", "No name, label or detail; of phone numbers the last four digits."],
  limited: ["Limited", "Nothing of a person, and no id that is known elsewhere."],
  full: ["Full", "Only what is needed to decide it again, without dates."],
  none: ["None", "Everything. Few keys may, and the story records who did."],
};

// Gives the button and its dialog; `attempt()` is the part of the story that is looked at.
export function exportButton(api, id, attempt) {
  const levels = Object.entries(LEVELS).map(([value, [word]]) => element("option", { value }, word));
  const level = element("select", { id: "level", "aria-describedby": "level-hint" }, ...levels);
  const hint = element("p", { class: "quiet", id: "level-hint" }, LEVELS.masked[1]);
  const scope = element("select", { id: "scope" });
  const wrong = element("p", { class: "wrong", role: "alert" });
  const form = element(
    "form",
    {},
    element("h2", { id: "export-title" }, "Export a bundle"),
    element(
      "p",
      { class: "quiet" },
      "One file that tells this story elsewhere: on the page “Replay” of any Linkwright, or by ",
      element("code", {}, "./linkwright replay open"),
      ". No code and no key is in it at any level.",
    ),
    element("label", { for: "scope" }, "What"),
    scope,
    element("label", { for: "level" }, "Redaction"),
    level,
    hint,
    wrong,
    element(
      "div",
      { class: "row" },
      element("button", { type: "submit" }, "Download"),
      element("button", { type: "button", class: "second", onclick: () => dialog.close() }, "Close"),
    ),
  );
  const dialog = element("dialog", { "aria-labelledby": "export-title" }, form);
  level.addEventListener("change", () => fill(hint, LEVELS[level.value][1]));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    try {
      await download(api, id, level.value, scope.value);
      dialog.close();
      announce("The bundle was written.");
    } catch (problem) {
      say(wrong, problem.message);
    }
  });
  const open = () => {
    const part = attempt();
    scope.replaceChildren(element("option", { value: "" }, "The whole story"));
    if (part?.attempt) scope.append(element("option", { value: part.attempt.number, selected: true }, title(part)));
    dialog.showModal();
  };
  return [element("button", { type: "button", class: "second", onclick: open }, "Export"), dialog];
}

async function download(api, id, level, attempt) {
  const query = new URLSearchParams({ level, ...(attempt ? { attempt } : {}) });
  const answered = await api.request("GET", `/v1/accounts/${id}/bundle?${query}`, undefined, "*/*");
  const href = URL.createObjectURL(await answered.blob());
  const [, name] = answered.headers.get("Content-Disposition").match(/filename="([^"]+)"/);
  element("a", { href, download: name }).click();
  URL.revokeObjectURL(href);
}
