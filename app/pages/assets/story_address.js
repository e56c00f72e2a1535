// What the address names: a row of the story (#v=123, with &input=45 for an input that changed
// nothing) and the view of its attempt that is open (&view=compare).

import { keyOf } from "./story_log.js";

const read = () => new URLSearchParams(window.location.hash.slice(1));

// Changes the address without a new entry in the browser's history; null takes a name out.
function write(changes) {
  const named = read();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) named.delete(name);
    else named.set(name, value);
  }
  window.history.replaceState(null, "", `#${named}`);
}

export function readPlace() {
  const version = Number(read().get("v"));
  if (!Number.isInteger(version) || version < 1) return null;
  return { version, input_id: Number(read().get("input")) || null };
}

export function writePlace(row) {
  const { version, input_id } = placeOf(row);
  write({ v: version, input: input_id });
}

export const readView = () => read().get("view");
export const writeView = (view) => write({ view });

export function placeOf(row) {
  return { version: row.version, input_id: row.what === "event" ? null : row.cause.input_id };
}

// Gives the index of the step that a place names, or of the last one before it.
export function findStep(steps, { version, input_id }) {
  const key = input_id ? `i${input_id}` : `v${version}`;
  const exact = steps.findIndex(({ row }) => keyOf(row) === key);
  if (exact >= 0) return exact;
  const later = steps.findIndex(({ row }) => row.version > version);
  return later < 0 ? steps.length - 1 : Math.max(0, later - 1);
}
