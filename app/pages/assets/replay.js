// A story from a bundle file, told as an account's own is; nothing of it is stored.

import { Shelf, bundleStory } from "./bundle_story.js";
import { compareView } from "./compare.js";
import { announce, element, fill, say, show } from "./dom.js";
import { pathView } from "./path_view.js";
import { redecideView } from "./redecide.js";
import { explain, signedIn } from "./sign_in.js";
import { Stage } from "./stage.js";
import { endCard, whyCard } from "./story_cause.js";
import { StoryLog } from "./story_log.js";
import { Views } from "./views.js";
import { whatIfView } from "./what_if.js";
import { STATUS } from "./words.js";

const NO_EVIDENCE = new Map();

const told = element("div");
const wrong = element("p", { class: "wrong", role: "alert" });
const file = element("input", { type: "file", id: "bundle", class: "unseen", multiple: true });
const zone = element(
  "section",
  { class: "card drop", "aria-label": "Bundle" },
  element("h1", {}, "Drop a bundle here"),
  element(
    "p",
    { class: "quiet" },
    "A bundle is the file that Export on a story page writes, or ",
    element("code", {}, "./linkwright replay export"),
    ". ",
    "It is read and forgotten: nothing is stored. Drop two to compare their attempts.",
  ),
  file,
  element("label", { class: "button", for: "bundle" }, "Choose a file"),
  wrong,
);

// Several files at once are all taken in, and the first one is shown.
async function open(api, shelf, chosen) {
  say(wrong, "");
  const keys = [];
  for (const one of chosen) keys.push(await shelf.open(one));
  await tell(api, shelf, keys[0]);
}

async function tell(api, shelf, key) {
  const { file: opened, told: bundle } = shelf.held.get(key);
  const { timeline, why, causes } = bundle;
  const log = new StoryLog(async () => ({ ...timeline, after_version: 0 })); // there is no more of it
  await log.open();
  const story = bundleStory(api, shelf, key);
  const cause = element("div");
  const moved = (part) => {
    views.at(part);
    const ended = part === log.attempts.at(-1) ? null : causes.find(({ number }) => number === part.attempt?.number);
    fill(cause, ended ? endCard(part, ended.cause) : whyCard(why));
  };
  const stage = new Stage({ log, api: null, readState: story.state, failed: refuse, moved });
  const views = new Views([
    { name: "story", word: "Story", element: stage.element, show() {} },
    compareView(story),
    whatIfView(story),
    redecideView(story),
    pathView(story),
  ]);
  zone.toggleAttribute("data-opened", true);
  document.title = `${opened.name} · Linkwright`;
  fill(told, heading(bundle, opened), cause, stage.strip.element, views.bar, ...views.elements);
  const proof = new Set(causes.flatMap(({ cause }) => cause.positions));
  stage.draw({ proof, kept: NO_EVIDENCE });
  announce(why.sentence);
}

function heading({ account_id, level, build, attempt, why }, chosen) {
  const status = STATUS[why.status];
  const about = [account_id, attempt ? `attempt ${attempt} only` : "", `redaction: ${level}`, build ? `written by ${build}` : ""];
  return element(
    "div",
    { class: "heading" },
    element("div", {}, element("h2", {}, chosen.name), element("p", { class: "quiet" }, about.filter(Boolean).join(" · "))),
    element("span", { class: "pill", "data-tone": status.tone }, status.word),
  );
}

function refuse(problem) {
  if (problem.status === 401) {
    explain(problem);
    return;
  }
  fill(told);
  zone.toggleAttribute("data-opened", false);
  say(wrong, problem.message);
}

try {
  const api = await signedIn();
  const shelf = new Shelf(api);
  const take = (chosen) => {
    if (chosen.length) open(api, shelf, [...chosen]).catch(refuse);
  };
  file.addEventListener("change", () => {
    take(file.files);
    file.value = ""; // so that the same file can be chosen again
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    window.addEventListener(name, (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", name === "dragover");
      if (name === "drop") take(event.dataTransfer.files);
    });
  }
  show(zone, told);
} catch (problem) {
  explain(problem);
}
