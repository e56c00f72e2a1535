// Plots in SVG. Each is drawn to the width that it has, so that its text keeps its size; every mark
// has its words for those who do not see it, and whatever is drawn also stands in a table.

const NAMESPACE = "http://www.w3.org/2000/svg";

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

// Gives a place that draws itself anew whenever its width changes.
export function plot(label, draw) {
  const place = document.createElement("div");
  place.className = "plot";
  let drawn = 0;
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (!width || width === drawn) return;
    drawn = width;
    const held = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const { height, marks } = draw(width);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label });
    picture.append(...marks);
    place.replaceChildren(picture);
    if (held) place.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
  }).observe(place);
  return place;
}

// A mark that says in words what it shows.
function told(words, attributes, ...children) {
  return svg("g", { role: "img", "aria-label": words, ...attributes }, svg("title", {}, words), ...children);
}

function text(words, x, y, attributes = {}) {
  return svg("text", { x, y, ...attributes }, words);
}

// Horizontal bars: rows are { key, label, count, of, value, words, tone }.
export function bars(label, rows) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  return plot(label, (width) => {
    const narrow = width < 420;
    const left = narrow ? 0 : 128;
    const right = narrow ? 64 : 76;
    const step = narrow ? 58 : 46;
    const room = width - left - right;
    const marks = rows.map((row, nth) => {
      const top = nth * step + (narrow ? 22 : 6);
      const length = Math.max(row.count ? 3 : 0, (row.count / most) * room);
      return told(
        row.words,
        { class: "bar-row", "data-key": row.key },
        narrow ? text(row.label, 0, top - 7) : text(row.label, left - 14, top + 20, { "text-anchor": "end" }),
        svg("rect", { class: "track", x: left, y: top, width: room, height: 30, rx: 6 }),
        svg("rect", { class: "fill", "data-tone-of": row.tone, x: left, y: top, width: length, height: 30, rx: 6 }),
        text(row.value, width, top + 14, { "text-anchor": "end", class: "strong" }),
        text(row.of, width, top + 29, { "text-anchor": "end", class: "small" }),
      );
    });
    return { height: rows.length * step + 4, marks };
  });
}

const TICKS = [
  [0.1, "0.1 s"], [1, "1 s"], [10, "10 s"], [60, "1 min"], [600, "10 min"], [3600, "1 h"],
  [86_400, "1 day"], [864_000, "10 days"], [8_640_000, "100 days"],
];
const LEAST_S = 0.05;

// Ranges on a logarithmic axis of time: rows are { key, label, p50, p90, p99, value, words }.
export function ranges(label, rows) {
  const longest = Math.max(...rows.map((row) => row.p99), 1);
  const shortest = Math.max(LEAST_S, Math.min(...rows.map((row) => row.p50), 1));
  const low = Math.max(0, TICKS.findLastIndex(([at]) => at <= shortest));
  const high = TICKS.findIndex(([at]) => at >= longest);
  const ticks = TICKS.slice(low, (high < 0 ? TICKS.length : high) + 1);
  const start = Math.log(Math.min(shortest, ticks[0][0]));
  const end = Math.log(Math.max(longest, ticks.at(-1)[0]));
  return plot(label, (width) => {
    const narrow = width < 420;
    const left = narrow ? 8 : 168;
    const room = width - left - 16;
    const step = narrow ? 50 : 38;
    const height = rows.length * step + 34;
    const at = (seconds) => left + ((Math.log(Math.max(seconds, Math.exp(start))) - start) / (end - start || 1)) * room;
    const every = narrow && ticks.length > 4 ? 2 : 1;
    const grid = ticks.map(([seconds, words], nth) =>
      svg(
        "g",
        { class: "axis", "aria-hidden": "true" },
        svg("line", { x1: at(seconds), x2: at(seconds), y1: 0, y2: height - 26 }),
        nth % every ? "" : text(words, at(seconds), height - 8, { "text-anchor": nth ? (nth === ticks.length - 1 ? "end" : "middle") : "start", class: "small" }),
      ),
    );
    const marks = rows.map((row, nth) => {
      const y = nth * step + (narrow ? 34 : 20);
      return told(
        row.words,
        { class: "range-row", "data-key": row.key },
        narrow ? text(row.label, left, y - 14) : text(row.label, left - 18, y + 5, { "text-anchor": "end" }),
        svg("line", { class: "span", x1: at(row.p50), x2: at(row.p99), y1: y, y2: y }),
        svg("line", { class: "most", x1: at(row.p50), x2: at(row.p90), y1: y, y2: y }),
        svg("circle", { class: "far", cx: at(row.p99), cy: y, r: 5 }),
        svg("circle", { class: "usual", cx: at(row.p50), cy: y, r: 7 }),
      );
    });
    return { height, marks: [...grid, ...marks] };
  });
}

// Stacked columns: columns are { key, label, parts: [{ count, series }], total, words }; `chosen` hears
// of the column that a pointer or the keyboard is on. One tab stop, arrows go on from there.
export function columns(label, list, chosen) {
  const most = Math.max(1, ...list.map((column) => column.total));
  const { top, lines } = scale(most);
  let stop = list.length - 1;
  return plot(label, (width) => {
    const height = 250;
    const left = 34;
    const floor = height - 26;
    const room = width - left;
    const each = room / list.length;
    const thick = Math.max(1, Math.min(46, each * 0.72));
    const y = (count) => floor - (count / top) * (floor - 12);
    const grid = lines.map((count) =>
      svg(
        "g",
        { class: "axis", "aria-hidden": "true" },
        svg("line", { x1: left, x2: width, y1: y(count), y2: y(count) }),
        text(String(count), left - 8, y(count) + 4, { "text-anchor": "end", class: "small" }),
      ),
    );
    const fits = Math.max(1, Math.ceil(76 / each));
    const labelled = (nth) => {
      const crowded = nth === list.length - 1 && each < 48;
      return crowded ? { x: width, "text-anchor": "end" } : { x: left + each * (nth + 0.5), "text-anchor": "middle" };
    };
    const marks = list.map((column, nth) => {
      const middle = left + each * (nth + 0.5);
      let below = 0;
      const parts = column.parts.map(({ count, series }) => {
        const from = below;
        below += count;
        return svg("rect", {
          class: "part", "data-series": series, x: middle - thick / 2, width: thick,
          y: y(below), height: Math.max(0, y(from) - y(below) - (from ? 1 : 0)),
        });
      });
      const last = (list.length - 1 - nth) % fits === 0;
      return told(
        column.words,
        { class: "column", "data-key": column.key, tabindex: nth === stop ? 0 : -1 },
        svg("rect", { class: "ground", x: left + each * nth, width: each, y: 0, height: floor }),
        ...parts,
        ...(last ? [svg("text", { ...labelled(nth), y: height - 8, class: "small", "aria-hidden": "true" }, column.label)] : []),
      );
    });
    const go = (nth) => {
      if (nth < 0 || nth >= marks.length) return;
      marks[stop].setAttribute("tabindex", -1);
      stop = nth;
      marks[stop].setAttribute("tabindex", 0);
      marks[stop].focus();
    };
    const keys = { ArrowLeft: () => go(stop - 1), ArrowRight: () => go(stop + 1), Home: () => go(0), End: () => go(marks.length - 1) };
    marks.forEach((mark, nth) => {
      mark.addEventListener("focus", () => { stop = nth; chosen(list[nth]); });
      mark.addEventListener("pointerenter", () => chosen(list[nth]));
      mark.addEventListener("click", () => go(nth));
      mark.addEventListener("keydown", (event) => {
        if (!keys[event.key]) return;
        event.preventDefault();
        keys[event.key]();
      });
    });
    return { height, marks: [...grid, ...marks] };
  });
}

// Round numbers for an axis from 0 up to at least `most`.
function scale(most) {
  const size = 10 ** Math.floor(Math.log10(most));
  const step = Math.max(1, [0.2, 0.5, 1, 2, 5].map((part) => part * size).find((one) => most / one <= 4) ?? size);
  const count = Math.ceil(most / step);
  return { top: count * step, lines: Array.from({ length: count + 1 }, (_, nth) => nth * step) };
}
