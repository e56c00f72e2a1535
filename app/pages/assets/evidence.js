// What was kept of a failed attempt: picture, console and circumstances, beside the event.

import { element, fill } from "./dom.js";

const TAIL = 12;
const GONE = "was kept for as long as the settings say, and is gone.";
const NO_PICTURE = {
  no_page: "There was no page to take a picture of.",
  not_drawn: "The page could not be drawn.",
  too_large: "The picture was larger than what is kept.",
  may_show_chats: "No picture was taken: the page may have shown private chats.",
};
const contents = new Map(); // by digest; a piece never changes

// Gives the newest piece of each kind, by the attempt that they belong to.
export function byAttempt(evidence) {
  const found = new Map();
  for (const piece of evidence) {
    if (!found.has(piece.attempt)) found.set(piece.attempt, {});
    found.get(piece.attempt)[piece.kind] = piece;
  }
  return found;
}

// A row of the story's table; what has to be fetched is filled in once it is there.
export function evidenceRow(pieces, api) {
  const picture = element("div", { class: "picture" });
  const told = element("div", { class: "told" });
  if (pieces.screenshot) fill(picture, shown(pieces.screenshot));
  if (pieces.console) fetched(api, pieces.console, "The console", (lines) => told.prepend(tail(pieces.console, lines)), told);
  if (pieces.browser) {
    const tell = (facts) => {
      told.append(circumstances(facts));
      if (NO_PICTURE[facts.screenshot]) fill(picture, element("p", { class: "quiet" }, NO_PICTURE[facts.screenshot]));
    };
    fetched(api, pieces.browser, "What it ran on", tell, told);
  }
  return element(
    "tr",
    { class: "evidence", "data-what": "event" },
    element("td", { colspan: 6 }, element("section", { "aria-label": "Evidence" }, picture, told)),
  );
}

function shown(piece) {
  if (!piece.kept) return element("p", { class: "quiet" }, `A screenshot ${GONE}`);
  const alt = "The page when it failed; codes, numbers and pictures are covered.";
  const picture = element("img", { src: piece.url, alt, loading: "lazy", width: 1280, height: 720 });
  return element("a", { href: piece.url, target: "_blank", rel: "noopener" }, picture);
}

async function fetched(api, piece, what, tell, told) {
  try {
    if (!piece.kept) throw new Error(GONE);
    if (!contents.has(piece.digest)) contents.set(piece.digest, await api.get(piece.url));
    tell(contents.get(piece.digest));
  } catch (problem) {
    const gone = !piece.kept || problem.code === "evidence_gone";
    told.append(element("p", { class: "quiet" }, `${what} ${gone ? GONE : "could not be fetched."}`));
  }
}

function tail(piece, lines) {
  const last = changesOnly(lines).slice(-TAIL);
  const all = element("a", { href: piece.url, target: "_blank", rel: "noopener" }, `all ${lines.length}`);
  return element(
    "div",
    {},
    element("p", { class: "quiet" }, `What the page said last (${last.length} of `, all, ")"),
    element("ol", { class: "console", tabindex: 0, "aria-label": "Console" }, ...last.map(line)),
  );
}

// A look at the page repeats all that it saw; people want to know what has changed.
function changesOnly(lines) {
  let before = {};
  return lines.map(({ after_s, kind, ...facts }) => {
    if (kind !== "snapshot") return { after_s, kind, ...facts };
    const words = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, worded(value)]));
    const changed = Object.keys(words).filter((name) => words[name] !== before[name]).map((name) => `${name} ${words[name]}`);
    const gone = Object.keys(before).filter((name) => !(name in words)).map((name) => `no ${name}`);
    before = words;
    return { after_s, kind: "page", text: [...changed, ...gone].join(", ") || "as before" };
  });
}

function worded(value) {
  if (value === null || typeof value !== "object") return String(value);
  return `(${Object.entries(value).map(([name, inner]) => `${name} ${worded(inner)}`).join(", ")})`;
}

function line({ after_s, kind, text, ...facts }) {
  const rest = text ?? Object.entries(facts).map(([name, value]) => `${name} ${worded(value)}`).join(", ");
  return element(
    "li",
    { "data-kind": kind },
    element("span", { class: "quiet" }, `${after_s.toFixed(1)} s `),
    element("b", {}, kind.replace("_", " ")),
    ` ${rest}`,
  );
}

function circumstances(facts) {
  const browser = facts.flavour ? [facts.flavour.replace("_", " "), facts.browser_version].filter(Boolean).join(" ") : "none found";
  const words = {
    Browser: `${browser}${facts.sandboxed ? "" : " (without its sandbox)"}`,
    WhatsApp: facts.whatsapp || "has not said",
    "wa-js": facts.wa_js_in_page || `${facts.wa_js ?? "none"} (has not run)`,
    Address: facts.url,
    Memory: facts.memory_available_mb === null ? "not known" : `${facts.memory_available_mb} MB available`,
  };
  return element("dl", {}, ...Object.entries(words).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}
