// What the views of an attempt ask of a bundle file, as account_story.js answers it for an account.
// The file is sent with each question: the service keeps nothing of it, and needs no database.

import { element, say } from "./dom.js";

const BEGINNINGS = ["LinkRequested", "ReconnectStarted"];

// Files that were opened since the page was loaded: key -> { file, told }.
export class Shelf {
  constructor(api) {
    this.api = api;
    this.held = new Map();
  }

  // Has the service tell a file; gives its key. The same file, opened again, takes its place.
  async open(file) {
    const told = await this.api.post("/v1/replay/open", file);
    const key = `${file.name} ${file.size} ${file.lastModified}`;
    this.held.set(key, { file, told });
    return key;
  }
}

export function bundleStory(api, shelf, key) {
  const { file, told } = shelf.held.get(key);
  const ask = (what, query = {}, body = file) => api.post(`/v1/replay/open/${what}?${new URLSearchParams(query)}`, body);
  let picture = "";
  return {
    key,
    addition: (added) => addition(shelf, added),
    async others() {
      const rest = [...shelf.held].filter(([other]) => other !== key).reverse();
      return [[key, "this bundle"], ...rest.map(([other, one]) => [other, one.file.name])];
    },
    // Those that can be decided again: their beginning is in the file.
    attempts: async (other) =>
      shelf.held.get(other).told.timeline.attempts
        .filter(({ attempt, rows }) => attempt && rows.some(({ name }) => BEGINNINGS.includes(name)))
        .map(({ attempt }) => attempt),
    async compare(number, other, otherNumber) {
      const both = other === key ? file : new Blob([file, shelf.held.get(other).file]);
      return (await ask("compare", { attempt: number, with_attempt: otherNumber }, both)).comparison;
    },
    whole: async (part) => part,
    state: async (version) => (await ask("state", { version })).state,
    whatIf: async (changes) => (await api.post("/v1/replay/open/what-if", { bundle: await file.text(), ...changes })).what_if,
    redecide: async (number) => (await ask("redecide", { attempt: number })).redecided,
    async drawing(number) {
      const query = new URLSearchParams({ attempt: number, format: "svg" });
      const drawn = await api.request("POST", `/v1/replay/open/path?${query}`, file, "*/*");
      URL.revokeObjectURL(picture); // one is shown at a time
      picture = URL.createObjectURL(await drawn.blob());
      return picture;
    },
  };
}

// Takes another bundle to compare with; `added(key)` hears of it.
function addition(shelf, added) {
  const wrong = element("p", { class: "wrong", role: "alert" });
  const chosen = element("input", { type: "file", id: "other-bundle", class: "unseen" });
  chosen.addEventListener("change", async () => {
    say(wrong, "");
    try {
      added(await shelf.open(chosen.files[0]));
    } catch (problem) {
      say(wrong, problem.message);
    }
    chosen.value = ""; // so that the same file can be chosen again
  });
  const label = element("label", { class: "button second", for: "other-bundle" }, "Another bundle…");
  return element("div", { class: "addition" }, chosen, label, wrong);
}
