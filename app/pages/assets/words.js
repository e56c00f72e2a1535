// What people read for what the API says.

const STANDBY = {
  off: "",
  preparing: "Setting up the backup …",
  ready: "The backup is ready too.",
  failed: "The backup is not ready yet; it is tried again by itself.",
  promoted: "The backup has taken over.",
};

export function backup({ status, reason }) {
  // Its process does not run, or is switched off: nothing is tried again by itself.
  const gone = status === "failed" && reason.code === "worker_lost";
  return gone ? "No backup is kept at the moment." : STANDBY[status];
}

export const STATUS = {
  NOT_CREATED: { word: "Not linked", tone: "idle" },
  INITIALIZING: { word: "Opening", tone: "busy" },
  WAITING_QR: { word: "Waiting for a scan", tone: "busy" },
  AUTHENTICATING: { word: "Checking", tone: "busy" },
  READY: { word: "Ready", tone: "good" },
  FAILED: { word: "Failed", tone: "bad" },
  DISCONNECTED: { word: "Disconnected", tone: "warn" },
};

// How an attempt went.
export const OUTCOME = {
  running: { word: "running", tone: "busy" },
  ready: { word: "ready", tone: "good" },
  failed: { word: "failed", tone: "bad" },
  cancelled: { word: "cancelled", tone: "idle" },
  disconnected: { word: "disconnected", tone: "warn" },
  logged_out: { word: "logged out", tone: "idle" },
  superseded: { word: "superseded", tone: "warn" },
  destroyed: { word: "destroyed", tone: "idle" },
};

export const STEPS = [
  { word: "Opening", statuses: ["INITIALIZING"] },
  { word: "Scan", statuses: ["WAITING_QR"] },
  { word: "Checking", statuses: ["AUTHENTICATING"] },
  { word: "Linked", statuses: ["READY"] },
];

export function phoneNumber(digits) {
  return digits ? `+${digits}` : "";
}

export function clock(iso) {
  const at = new Date(iso);
  return at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

// With milliseconds: rows of a story are often that close.
export function exactClock(iso) {
  const at = new Date(iso);
  return at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
}

export function dateAndClock(iso) {
  return new Date(iso).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}

export function day(iso) {
  return new Date(iso).toLocaleDateString([], { dateStyle: "medium" });
}

export function ago(iso, now = Date.now()) {
  const seconds = Math.max(0, (now - new Date(iso).getTime()) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export function seconds(value) {
  const size = Math.abs(value);
  if (size < 0.0005) return "0";
  if (size < 1) return `${Math.round(value * 1000)} ms`;
  if (size < 10) return `${value.toFixed(2)} s`;
  if (size < 100) return `${value.toFixed(1)} s`;
  if (size < 5400) return `${(value / 60).toFixed(1)} min`;
  return `${(value / 3600).toFixed(1)} h`;
}

// As above, with its sign.
export function signed(value) {
  if (Math.abs(value) < 0.0005) return "0";
  return `${value > 0 ? "+" : "−"}${seconds(Math.abs(value))}`;
}
