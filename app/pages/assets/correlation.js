// Everything that carries one correlation id, over all accounts.

import { announce, element, show } from "./dom.js";
import { explain, signedIn } from "./sign_in.js";
import { OUTCOME_OF_INPUT } from "./story_table.js";
import { dateAndClock, exactClock } from "./words.js";

const id = new URLSearchParams(window.location.search).get("id") ?? "";
const COLUMNS = ["Seen", "Account", "What", "By"];

const rows = element("tbody");
const count = element("p", { class: "quiet" });
const more = element("button", { type: "button", class: "second", hidden: true }, "Show more");
let after = 0;

async function load(api) {
  const { correlated } = await api.get(`/v1/correlations/${encodeURIComponent(id)}?after=${after}`);
  rows.append(...correlated.rows.map(line));
  after = correlated.next_after;
  more.hidden = !correlated.more;
  const found = rows.children.length;
  count.textContent = found ? `${found}${correlated.more ? " or more" : ""} rows, as the log took them in.` : "Nothing carries this id.";
  announce(count.textContent);
}

function line(row) {
  const by = row.account_id
    ? element("a", { href: `/accounts/${row.account_id}` }, row.account_id)
    : element("span", { class: "quiet" }, `workspace ${row.workspace}`);
  return element(
    "tr",
    { "data-what": row.what, "data-name": row.name },
    element("td", { class: "number", title: dateAndClock(row.at) }, exactClock(row.at)),
    element("td", { class: "account", title: row.account_id }, by),
    element(
      "td",
      { class: "what" },
      row.what === "event" ? null : element("span", { class: "tag", "data-outcome": row.what }, OUTCOME_OF_INPUT[row.what]),
      row.sentence,
      row.rule ? element("span", { class: "under" }, element("code", {}, row.rule)) : null,
    ),
    element("td", { class: "quiet by", title: row.actor }, row.actor),
  );
}

// The page without an id asks for one.
function ask() {
  const wanted = element("input", { id: "wanted", required: true, maxlength: 128, autocomplete: "off", spellcheck: "false", placeholder: "order-4711", "aria-describedby": "wanted-hint" });
  const form = element(
    "form",
    { class: "card narrow" },
    element("h1", {}, "Follow one request"),
    element("label", { for: "wanted" }, "Correlation id"),
    wanted,
    element(
      "p",
      { class: "quiet", id: "wanted-hint" },
      "The header ",
      element("code", {}, "X-Correlation-Id"),
      " of a request, or the id of the request itself. Every row of a story has it, and so has each item of the feed.",
    ),
    element("button", { type: "submit" }, "Show what followed"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (wanted.value.trim()) window.location.assign(`/correlations?${new URLSearchParams({ id: wanted.value.trim() })}`);
  });
  show(form);
  wanted.focus();
}

async function follow(api) {
  more.addEventListener("click", () => load(api).catch(explain));
  show(
    element("div", { class: "heading" }, element("div", {}, element("h1", {}, "Correlation id"), element("p", {}, element("code", {}, id)), count)),
    element(
      "div",
      { class: "card flush" },
      element(
        "table",
        { class: "story correlated" },
        element("caption", { class: "unseen" }, "All rows with this correlation id"),
        element("thead", {}, element("tr", {}, ...COLUMNS.map((word) => element("th", { scope: "col" }, word)))),
        rows,
      ),
      more,
    ),
  );
  await load(api);
}

try {
  const api = await signedIn();
  if (id.trim()) await follow(api);
  else ask();
} catch (problem) {
  explain(problem);
}
