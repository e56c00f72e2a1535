// One account's recorded story: what happened, why, and the state at every row.

import { coalesced, element, fill, show } from "./dom.js";
import { accountStory } from "./account_story.js";
import { byAttempt } from "./evidence.js";
import { compareView } from "./compare.js";
import { exportButton } from "./export.js";
import { pathView } from "./path_view.js";
import { redecideView } from "./redecide.js";
import { explain, signedIn } from "./sign_in.js";
import { Stage } from "./stage.js";
import { readPlace } from "./story_address.js";
import { causeCard } from "./story_cause.js";
import { StoryLog } from "./story_log.js";
import { Views } from "./views.js";
import { STATUS, backup, phoneNumber } from "./words.js";
import { whatIfView } from "./what_if.js";

const id = window.location.pathname.split("/")[2];
const about = element("div");
const status = element("span", { class: "status" });

async function load(api, { log, stage, cause }, first) {
  const [{ account }, { why }, { evidence }] = await Promise.all([
    api.get(`/v1/accounts/${id}`),
    api.get(`/v1/accounts/${id}/why`),
    api.get(`/v1/accounts/${id}/evidence`),
    first ? log.open(readPlace()?.version) : log.refresh(),
  ]);
  const name = account.label || account.name || account.id;
  document.title = `${name} · Linkwright`;
  drawHeading(account, name);
  cause.tell(why, log.reachesEnd ? log.attempts.at(-1) : null);
  stage.draw({ proof: new Set(why.cause?.positions ?? []), kept: byAttempt(evidence) });
}

function drawHeading(account, name) {
  const told = STATUS[account.status];
  fill(
    about,
    element("h1", {}, name),
    element("p", { class: "quiet" }, [account.workspace, phoneNumber(account.phone), account.id].filter(Boolean).join(" · ")),
    element("p", { class: "quiet", "data-standby": account.standby.status }, backup(account.standby)),
  );
  fill(status, element("span", { class: "pill", "data-tone": told.tone, "data-status": account.status }, told.word));
}

try {
  const api = await signedIn();
  const told = await api.get(`/v1/accounts/${id}`);
  const log = new StoryLog(async (version) => {
    const { timeline } = await api.get(`/v1/accounts/${id}/timeline${version ? `?until_version=${version}` : ""}`);
    return timeline;
  });
  const story = accountStory(api, id);
  const cause = causeCard(api, id, { proves: (positions) => stage.prove(positions), failed: explain });
  const moved = (part) => {
    views.at(part);
    cause.show(part);
  };
  const stage = new Stage({ log, api, readState: story.state, failed: explain, moved });
  const views = new Views([
    { name: "story", word: "Story", element: stage.element, show() {} },
    compareView(story),
    whatIfView(story),
    redecideView(story),
    pathView(story),
  ]);
  const [exporting, dialog] = exportButton(api, id, () => views.part);
  const linking = element("a", { class: "button second", href: `/accounts/${id}/link` }, "Link page");
  const heading = element("div", { class: "heading" }, about, status, exporting, linking);
  show(heading, cause.element, stage.strip.element, views.bar, ...views.elements, dialog);
  const shown = { log, stage, cause };
  await load(api, shown, true);
  await stage.follow(readPlace());
  const again = coalesced(() => load(api, shown, false), 200);
  api.follow(told.position, { account: id }, () => again().catch(explain), (state) => {
    if (state === "ended") api.readSession().then((still) => still || window.location.reload());
  });
} catch (problem) {
  explain(problem);
}
