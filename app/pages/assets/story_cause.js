// Why an account is where it is, or why one of its attempts ended, in words.

import { announce, element, fill, withCode } from "./dom.js";
import { title } from "./story_log.js";
import { OUTCOME, STATUS } from "./words.js";

// Tells of the newest attempt why the account is in its status, and of an older one why it ended.
// `proves(positions)` hears which rows prove it.
export function causeCard(api, id, { proves, failed }) {
  const panel = element("div");
  let now = null;
  let newest = null;
  let shown; // an attempt's number, or null where there has been none
  const ended = new Map();

  async function older({ attempt }) {
    if (!ended.has(attempt.number)) {
      ended.set(attempt.number, (await api.get(`/v1/accounts/${id}/attempts/${attempt.number}/why`)).why);
    }
    return ended.get(attempt.number);
  }

  return {
    element: panel,
    // `why` of the account as it is now; `last` is its newest attempt, or null if that is not held.
    tell(why, last) {
      now = why;
      newest = last?.attempt?.number ?? null;
      shown = undefined;
      ended.clear();
      announce(why.sentence);
    },
    async show(part) {
      const number = part.attempt?.number ?? newest;
      if (number === shown) return;
      shown = number;
      if (number === newest) {
        fill(panel, whyCard(now));
        return;
      }
      try {
        const why = await older(part);
        if (shown !== number) return;
        fill(panel, card({ heading: why.cause ? `Cause of ${title(part).toLowerCase()}` : title(part), tone: OUTCOME[why.outcome].tone, ...why }));
        proves(why.cause?.positions ?? []);
      } catch (problem) {
        failed(problem);
      }
    },
  };
}

export function whyCard(why) {
  return card({ heading: why.cause ? "Cause" : "Now", tone: why.cause ? STATUS[why.status].tone : "idle", ...why });
}

// Why an attempt ended that is not the newest, where its cause is at hand.
export function endCard(part, cause) {
  return card({ heading: `Cause of ${title(part).toLowerCase()}`, tone: OUTCOME[part.attempt.outcome].tone, cause, remarks: [] });
}

function card({ heading, tone, sentence, cause, waiting, remarks }) {
  return element(
    "section",
    { class: "card cause-card", "data-tone-of": tone },
    element("h2", {}, heading),
    element("p", { class: cause ? "cause" : "", "data-cause": cause?.code }, ...withCode(cause?.sentence ?? sentence)),
    cause ? element("p", {}, ...withCode(cause.next_step)) : null,
    waiting ? element("p", { class: "quiet" }, waiting.sentence) : null,
    remarks.length ? element("ul", { class: "remarks" }, ...remarks.map((remark) => element("li", {}, ...withCode(remark.sentence)))) : null,
  );
}
