// Inputs that never came, put into an attempt for a what-if.

import { element } from "./dom.js";

// What may be inserted here, and the fields that it needs; the route takes every kind.
const KINDS = {
  RecordScan: { words: "The code is scanned", body: {} },
  RecordSynced: { words: "The page is synced, without the number", body: {} },
  RecordReady: { words: "The page is ready", body: { phone: "4915112345678", phone_fingerprint: "inserted" } },
  RecordCodesExhausted: { words: "The page runs out of codes", body: {} },
  RecordActionRequired: { words: "WhatsApp demands a passkey", body: { action: "passkey" } },
  RecordProblem: { words: "There is trouble", body: { reason: "browser_crashed" } },
  RecordLogout: { words: "The link is gone", body: { by: "phone" } },
  CancelLink: { words: "A client cancels", body: {} },
};

// `inputs` are those of the attempt: [input id, row] in their order.
export function insertedInputs(inputs) {
  const list = element("tbody", {});
  const lines = new Set();
  const add = () => {
    const line = insertedLine(inputs, () => { lines.delete(line); line.element.remove(); });
    lines.add(line);
    list.append(line.element);
    line.kind.focus();
  };
  return {
    element: element(
      "fieldset",
      {},
      element("legend", {}, "Inputs that never came"),
      element("table", { class: "inserted" }, list),
      element("button", { type: "button", class: "second", onclick: add }, "Insert an input"),
    ),
    changes: () => [...lines].map((line) => line.change()),
    clear() {
      for (const line of lines) line.element.remove();
      lines.clear();
    },
  };
}

function insertedLine(inputs, taken) {
  const kind = element("select", { "aria-label": "What is inserted" }, ...Object.entries(KINDS).map(([value, { words }]) => element("option", { value }, words)));
  const before = element(
    "select",
    { "aria-label": "Where it is inserted" },
    element("option", { value: "" }, "at the end"),
    ...inputs.map(([input, row]) => element("option", { value: input }, `before: ${row.sentence}`)),
  );
  const body = element("input", { "aria-label": "Its fields as JSON", spellcheck: "false", autocomplete: "off" });
  const prefill = () => { body.value = JSON.stringify(KINDS[kind.value].body); };
  kind.addEventListener("change", prefill);
  prefill();
  return {
    kind,
    element: element(
      "tr",
      {},
      element("td", {}, kind),
      element("td", {}, before),
      element("td", {}, body),
      element("td", {}, element("button", { type: "button", class: "plain", onclick: taken }, "Take back")),
    ),
    change() {
      const place = before.value ? { before: Number(before.value) } : {};
      return { edit: "insert", kind: kind.value, body: fieldsOf(body.value), ...place };
    },
  };
}

function fieldsOf(text) {
  try {
    return JSON.parse(text || "{}");
  } catch {
    throw new Error(`The fields of an inserted input are not JSON: ${text}`);
  }
}
