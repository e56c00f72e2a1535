// The way that an attempt took through the lifecycle, as the service draws it.

import { element, fill } from "./dom.js";
import { timeInStatus } from "./status_bar.js";
import { title } from "./story_log.js";
import { noAttempt, refused } from "./views.js";
import { STATUS, seconds } from "./words.js";

// `story` is of account_story.js or bundle_story.js.
export function pathView(story) {
  const panel = element("section", { class: "card", "aria-label": "Path" });
  let wanted = null;

  async function draw(part) {
    const { number } = part.attempt;
    const src = await story.drawing(number);
    if (wanted !== part) return;
    const way = timeInStatus(part).map(({ status, spent_s }) => `${STATUS[status].word} ${seconds(spent_s)}`).join(", ");
    const missing = () => fill(panel, refused({ message: "The diagram could not be loaded." }));
    fill(
      panel,
      element(
        "div",
        { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "Diagram" },
        element("img", { class: "path", src, alt: `The path of ${title(part)}: ${way}.`, onerror: missing }),
      ),
      element("p", {}, element("a", { href: src, download: `path-${number}.svg` }, "Download the picture")),
    );
  }

  return {
    name: "path",
    word: "Path",
    element: panel,
    show(part) {
      wanted = part;
      if (part.attempt) draw(part).catch((problem) => wanted === part && fill(panel, refused(problem)));
      else fill(panel, noAttempt());
    },
  };
}
