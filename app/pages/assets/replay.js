// A story from a bundle file, told as an account's own is; nothing of it is stored.

import { announce, element, fill, show } from "./dom.js";
import { explain, signedIn } from "./sign_in.js";
import { Stage } from "./stage.js";
import { whyCard } from "./story_cause.js";
import { StoryLog } from "./story_log.js";
import { STATUS } from "./words.js";

const NO_EVIDENCE = new Map();

const told = element("div");
const wrong = element("p", { class: "wrong", role: "alert" });
const file = element("input", { type: "file", id: "bundle", class: "unseen" });
const zone = element(
  "section",
  { class: "card drop", "aria-label": "Bundle" },
  element("h1", {}, "Drop a bundle here"),
  element(
    "p",
    { class: "quiet" },
    "A bundle is the file that Export on a story page writes, or ./linkwright replay export. ",
    "It is read and forgotten: nothing is stored.",
  ),
  file,
  element("label", { class: "button", for: "bundle" }, "Choose a file"),
  wrong,
);

async function open(api, chosen) {
  wrong.textContent = "";
  const bundle = await api.post("/v1/replay/open", chosen);
  const { timeline, why, causes } = bundle;
  const log = new StoryLog(async () => ({ ...timeline, after_version: 0 })); // there is no more of it
  await log.open();
  const stage = new Stage({ log, api: null, readState: null, failed: explain, moved() {} });
  zone.toggleAttribute("data-opened", true);
  document.title = `${chosen.name} · Linkwright`;
  fill(told, heading(bundle, chosen), whyCard(why), stage.strip.element, stage.element);
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

try {
  const api = await signedIn();
  const take = (chosen) => {
    if (!chosen) return;
    open(api, chosen).catch((problem) => {
      fill(told);
      zone.toggleAttribute("data-opened", false);
      wrong.textContent = problem.message;
    });
  };
  file.addEventListener("change", () => {
    take(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    window.addEventListener(name, (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", name === "dragover");
      if (name === "drop") take(event.dataTransfer.files[0]);
    });
  }
  show(zone, told);
} catch (problem) {
  explain(problem);
}
