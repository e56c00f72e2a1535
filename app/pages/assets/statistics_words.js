// What people read for what statistics say.

import { seconds } from "./words.js";

export const RANGES = { 1: "24 hours", 7: "7 days", 30: "30 days", 90: "90 days", 365: "a year" };

export const WAYS = { qr: "QR code", pairing_code: "Pairing code", reconnect: "Reconnect" };

export const ACTOR = { nobody: "nobody needs to act", end_user: "the account's user", operator: "the operator" };

const STEPS = [
  ["begun", "Begun"],
  ["shown", "Code shown"],
  ["fetched", "Code fetched"],
  ["scanned", "Scanned"],
  ["ready", "Ready"],
];

// A reconnect needs no code as long as its session is good; a pairing code is typed, not fetched.
export function stepsOf(told) {
  return STEPS.filter(([key]) => told.way === "qr" || key === "begun" || key === "ready" || told[key]);
}

const TIMES = {
  begun_to_shown: "Begun to code",
  shown_to_fetched: "Code to fetched",
  shown_to_scanned: "Code to scan",
  scanned_to_ready: "Scan to ready",
  begun_to_ready: "Begun to ready",
  INITIALIZING: "Opening",
  WAITING_QR: "Waiting for a scan",
  AUTHENTICATING: "Checking",
  READY: "Linked until it ended",
};

function long(value_s) {
  return Math.abs(value_s) < 172_800 ? seconds(value_s) : `${(value_s / 86_400).toFixed(1)} days`;
}

// A spread in words.
export function timesOf(spread, key) {
  const [p50, p90, p99, longest] = [spread.p50_s, spread.p90_s, spread.p99_s, spread.longest_s].map((one) => (one === null ? "" : long(one)));
  const label = TIMES[key] ?? "";
  const words = `${label}: half within ${p50}, 90 % within ${p90}, 99 % within ${p99}, the longest ${longest}`;
  return { label, p50, p90, p99, longest, words, spread };
}

export function share(part, of) {
  if (!of) return "";
  const percent = (part / of) * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

export function count(number, noun) {
  return `${number.toLocaleString()} ${noun}${number === 1 ? "" : "s"}`;
}

export function summaryOf(told) {
  return `${count(told.attempts, "attempt")}, ${share(told.ready, told.attempts)} became ready.`;
}

const dated = (key, options) => new Date(`${key}T00:00:00Z`).toLocaleDateString([], { timeZone: "UTC", ...options });

export const BY = { day: "Day", week: "Week", whatsapp: "WhatsApp version" };

// Short, under a column.
export function bucketLabel(key, by) {
  if (by === "whatsapp") return key.split(".").at(-1) || "not told";
  return dated(key, { day: "numeric", month: "short" });
}

export function bucketHeading(key, by) {
  if (by === "whatsapp") return key ? `WhatsApp ${key}` : "Version not told";
  return `${by === "week" ? "Week of " : ""}${dated(key, { weekday: by === "day" ? "long" : undefined, day: "numeric", month: "long", year: "numeric" })}`;
}
