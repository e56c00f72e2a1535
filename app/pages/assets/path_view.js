// The way that an attempt took through the lifecycle, as the service draws it.

import { element, fill } from "./dom.js";
import { timeInStatus } from "./status_bar.js";
import { title } from "./story_log.js";
import { noAttempt } from "./views.js";
import { STATUS, seconds } from "./words.js";

export function pathView(id) {
  const panel = element("section", { class: "card", "aria-label": "Path" });
  return {
    name: "path",
    word: "Path",
    element: panel,
    show(part) {
      if (!part.attempt) {
        fill(panel, noAttempt());
        return;
      }
      const query = new URLSearchParams({ attempt: part.attempt.number, format: "svg" });
      const src = `/v1/accounts/${id}/path?${query}`;
      const way = timeInStatus(part).map(({ status, spent_s }) => `${STATUS[status].word} ${seconds(spent_s)}`).join(", ");
      const missing = () => fill(panel, element("p", { class: "wrong", role: "alert" }, "The diagram could not be loaded."));
      fill(
        panel,
        element(
          "div",
          { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "Diagram" },
          element("img", { class: "path", src, alt: `The path of ${title(part)}: ${way}.`, onerror: missing }),
        ),
        element("p", {}, element("a", { href: src, download: `path-${part.attempt.number}.svg` }, "Download the picture")),
      );
    },
  };
}
