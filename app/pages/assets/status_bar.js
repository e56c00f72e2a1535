// Time in each status as coloured bands, drawn to scale.

import { element } from "./dom.js";
import { STATUS, seconds } from "./words.js";
import { fails, spells, time_ms } from "./story_log.js";

const LINKING = ["INITIALIZING", "WAITING_QR", "AUTHENTICATING"];
const length_ms = ({ from_ms, until_ms }) => until_ms - from_ms;

// Days of being READY or FAILED would leave no room for the seconds of linking: a status that is not
// linking is drawn at most half as wide as all linking together, with a mark that it is cut.
function bandsOf(part) {
  const all = spells(part);
  const linking_ms = all.filter(({ status }) => LINKING.includes(status)).reduce((sum, one) => sum + length_ms(one), 0);
  let left = 0;
  const bands = all.map((spell) => {
    const most = linking_ms && !LINKING.includes(spell.status) ? linking_ms / 2 : Infinity;
    const width = Math.min(length_ms(spell), most);
    left += width;
    return { ...spell, left: left - width, width, cut: width < length_ms(spell) };
  });
  const whole = left || 1;
  return bands.map((band) => ({ ...band, left: band.left / whole, width: band.width / whole }));
}

// Where a moment lies on the bar, from 0 to 1.
function place(bands, at_ms) {
  const band = bands.findLast(({ from_ms }) => from_ms <= at_ms) ?? bands[0];
  const passed = Math.min(1, Math.max(0, (at_ms - band.from_ms) / (length_ms(band) || 1)));
  return band.left + passed * band.width;
}

const percent = (share) => `${(share * 100).toFixed(3)}%`;

function at(made, left, width) {
  made.style.left = percent(left);
  if (width !== undefined) made.style.width = percent(width);
  return made;
}

// Adds up the spells: [{ status, spent_s }], in the order of their first.
export function timeInStatus(part) {
  const spent = new Map();
  for (const spell of spells(part)) spent.set(spell.status, (spent.get(spell.status) ?? 0) + length_ms(spell) / 1000);
  return [...spent].filter(([, spent_s]) => spent_s > 0).map(([status, spent_s]) => ({ status, spent_s }));
}

// The bar alone, as a picture with its meaning in words.
export function statusBar(part) {
  const label = timeInStatus(part).map(({ status, spent_s }) => `${STATUS[status].word} ${seconds(spent_s)}`).join(", ");
  return element(
    "div",
    { class: "statusbar", role: "img", "aria-label": `Time in each status: ${label || "none yet"}` },
    ...bandsOf(part).map((band) => {
      const title = `${STATUS[band.status].word} ${seconds(length_ms(band) / 1000)}${band.cut ? " (drawn shorter)" : ""}`;
      return at(element("span", { class: "band", "data-status": band.status, "data-cut": band.cut, title }), band.left, band.width);
    }),
  );
}

// The bar with a tick for every row and a needle; `mark(row)` moves the needle.
export function markedBar(part) {
  const bands = bandsOf(part);
  const bar = statusBar(part);
  const kind = (row) => (fails(row) ? "failure" : row.what);
  const ticks = part.rows.map((row) => at(element("span", { class: "tick", "data-tick": kind(row) }), place(bands, time_ms(row.at))));
  const needle = element("span", { class: "needle" });
  bar.append(...ticks, needle);
  return {
    bar,
    mark: (row) => at(needle, place(bands, time_ms(row.at))),
    // The row nearest to a share of the bar's width.
    nearest(share) {
      const far = (row) => Math.abs(place(bands, time_ms(row.at)) - share);
      return part.rows.reduce((best, row) => (far(row) < far(best) ? row : best));
    },
  };
}

export function legend(part) {
  return element(
    "ul",
    { class: "legend" },
    ...timeInStatus(part).map(({ status, spent_s }) =>
      element("li", { "data-status": status }, STATUS[status].word, " ", element("b", { class: "number" }, seconds(spent_s))),
    ),
  );
}
