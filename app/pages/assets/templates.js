// The templates of a workspace: written on the left, seen as a message on the right.

import { announce, coalesced, element, fill, say, show, withCode } from "./dom.js";
import { explain, signedIn } from "./sign_in.js";
import { sampleOf } from "./template_samples.js";
import { drawn } from "./whatsapp_text.js";

const QUIET_MS = 250;
const NEW = { name: "", description: "", text: "", values: [], fields: [], built_in: false, updated_at: null };
let api;
let workspace = new URLSearchParams(window.location.search).get("workspace") || "default";
let chosen = NEW;

const list = element("ul", { class: "template-list" });
const name = element("input", {
  id: "name",
  required: true,
  maxlength: 64,
  pattern: "[a-z][a-z0-9_]*",
  title: "Lower-case letters, digits and underscores",
  autocomplete: "off",
  spellcheck: "false",
});
const description = element("input", { id: "description", maxlength: 200, autocomplete: "off" });
const text = element("textarea", { id: "text", rows: 14, required: true, maxlength: 16384, spellcheck: "false" });
const values = element("textarea", { id: "values", rows: 12, spellcheck: "false" });
const fields = element("details", { class: "fields" });
const wrong = element("p", { class: "wrong", role: "alert" });
const about = element("p", { class: "quiet" });
const remove = element("button", { type: "button", class: "second", hidden: true });
const bubble = element("div", { class: "bubble", id: "bubble" });
const amiss = element("ul", { class: "amiss", hidden: true });
const length = element("p", { class: "quiet length" });

const address = (path = "") => `/v1/templates${path}?workspace=${encodeURIComponent(workspace)}`;

async function start() {
  const form = element(
    "form",
    { class: "card editor" },
    about,
    element("label", { for: "name" }, "Name"),
    name,
    element("label", { for: "description" }, "What it is for"),
    description,
    element("label", { for: "text" }, "Text"),
    text,
    fields,
    element("label", { for: "values" }, "Values to try it with, as JSON"),
    values,
    wrong,
    element("div", { class: "row" }, element("button", { type: "submit" }, "Save"), remove),
  );
  form.addEventListener("submit", save);
  for (const input of [name, text, values]) input.addEventListener("input", () => preview());
  remove.addEventListener("click", () => forget().catch(tell));
  show(
    element("div", { class: "heading" }, element("h1", {}, "Templates"), workspaceForm(), newButton()),
    element(
      "div",
      { class: "templates" },
      element("nav", { class: "card flush", "aria-label": "Templates" }, list),
      form,
      element(
        "section",
        { class: "phone", "aria-label": "The message" },
        element("div", { class: "wall" }, bubble),
        amiss,
        length,
      ),
    ),
  );
  await load(new URLSearchParams(window.location.search).get("template") || "proforma_invoice");
}

function workspaceForm() {
  const input = element("input", {
    id: "workspace",
    "aria-label": "Workspace",
    value: workspace,
    required: true,
    maxlength: 64,
    pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*",
    title: "Letters, digits, dot, hyphen and underscore",
  });
  const form = element("form", { class: "workspace" }, element("label", { for: "workspace" }, "Workspace"), input);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    workspace = input.value;
    load(chosen.name).catch(explain);
  });
  input.addEventListener("change", () => form.requestSubmit());
  return form;
}

function newButton() {
  const begin = () => {
    choose(NEW);
    name.focus();
  };
  return element("button", { type: "button", class: "second", onclick: begin }, "New template");
}

// Lists what there is, and chooses the named one if it is there.
async function load(wanted) {
  const told = await api.get(address());
  const there = told.templates.some((one) => one.name === wanted);
  fill(list, ...told.templates.map(lineOf));
  choose(there ? await api.get(address(`/${wanted}`)) : NEW);
}

function lineOf(template) {
  const open = () => api.get(address(`/${template.name}`)).then(choose, tell);
  const kind = !template.built_in ? "" : template.updated_at ? "your layout" : "built in";
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "plain", "data-template": template.name, onclick: open },
      element("span", {}, template.name),
      kind ? element("span", { class: "tag" }, kind) : null,
      template.description ? element("span", { class: "under" }, template.description) : null,
    ),
  );
}

function choose(template) {
  chosen = template;
  fill(bubble);
  name.value = template.name;
  name.readOnly = template.name !== "";
  description.value = template.description;
  text.value = template.text;
  values.value = JSON.stringify(sampleOf(template), null, 2);
  wrong.textContent = "";
  about.textContent = !template.name
    ? "Text with {{ places }} for values, in Liquid."
    : template.built_in && !template.updated_at
      ? "Built in. Saving gives it another layout in this workspace."
      : `Saved ${new Date(template.updated_at).toLocaleString()}.`;
  remove.hidden = !template.updated_at;
  remove.textContent = template.built_in ? "Back to the built-in layout" : "Delete";
  drawFields(template.fields);
  for (const line of list.querySelectorAll("button")) {
    if (line.dataset.template === template.name) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
  const place = new URLSearchParams({ workspace, ...(template.name && { template: template.name }) });
  window.history.replaceState(null, "", `/templates?${place}`);
  preview();
}

function drawFields(told) {
  fields.hidden = told.length === 0;
  fill(
    fields,
    element("summary", {}, `${told.length} fields`),
    element(
      "dl",
      {},
      ...told.flatMap((one) => [
        element("dt", {}, element("code", {}, one.name), one.required ? " needed" : ""),
        element("dd", {}, one.about),
      ]),
    ),
  );
}

const preview = coalesced(async () => {
  const of = chosen;
  let told;
  try {
    told = { values: JSON.parse(values.value || "{}") };
  } catch (error) {
    complain([`The values are no JSON: ${error.message}`]);
    return;
  }
  if (!text.value.trim()) {
    fill(bubble);
    complain([]);
    return;
  }
  try {
    const path = `/${/^[a-z][a-z0-9_]*$/.test(name.value) ? name.value : "new"}/preview`;
    const made = await api.post(address(path), { ...told, text: text.value });
    if (of !== chosen) return;
    fill(bubble, ...drawn(made.text));
    complain([]);
    length.textContent = `${made.text.length.toLocaleString()} of 65,536 characters`;
  } catch (problem) {
    const errors = problem.told?.errors ?? [];
    complain(errors.length ? errors.map((one) => `${one.field}: ${one.reason}`) : [problem.message]);
  }
}, QUIET_MS);

// What is wrong stands below the last message that was right.
function complain(sentences) {
  amiss.hidden = sentences.length === 0;
  bubble.toggleAttribute("data-old", sentences.length > 0);
  fill(amiss, ...sentences.map((sentence) => element("li", {}, ...withCode(sentence))));
}

async function save(event) {
  event.preventDefault();
  wrong.textContent = "";
  const body = { text: text.value, description: description.value };
  try {
    const saved = chosen.name
      ? await api.send("PATCH", address(`/${chosen.name}`), {
          ...body,
          ...(chosen.updated_at && { version: chosen.updated_at }),
        })
      : await api.post("/v1/templates", { ...body, name: name.value, workspace });
    const tried = values.value;
    await load(saved.name);
    values.value = tried;
    preview();
    announce(`${saved.name} is saved.`);
  } catch (problem) {
    tell(problem);
  }
}

async function forget() {
  const { name: gone, built_in } = chosen;
  await api.send("DELETE", address(`/${gone}`));
  announce(built_in ? `${gone} has its built-in layout again.` : `${gone} is deleted.`);
  await load(gone);
}

function tell(problem) {
  if (problem.status === 401) explain(problem);
  else say(wrong, problem.message);
}

try {
  api = await signedIn();
  await start();
} catch (problem) {
  explain(problem);
}
