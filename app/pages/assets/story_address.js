// The place in the story that the address names: #v=123, and &input=45 for an input that changed nothing.

import { keyOf } from "./story_log.js";

export function readPlace() {
  const named = new URLSearchParams(window.location.hash.slice(1));
  const version = Number(named.get("v"));
  if (!Number.isInteger(version) || version < 1) return null;
  return { version, input_id: Number(named.get("input")) || null };
}

// Puts the row into the address without a new entry in the browser's history.
export function writePlace(row) {
  const { version, input_id } = placeOf(row);
  const named = new URLSearchParams({ v: version, ...(input_id ? { input: input_id } : {}) });
  window.history.replaceState(null, "", `#${named}`);
}

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
