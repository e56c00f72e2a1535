// Draws a message's text as WhatsApp does: *bold*, _italic_, ~struck~, `code` and > quotations.

import { element } from "./dom.js";

const MARKS = { "*": "strong", _: "em", "~": "s" };
const SPACE = /[\s]/;

export function drawn(text) {
  const parts = text.split("```");
  const closed = parts.length % 2 === 1;
  return parts.flatMap((part, index) => {
    const inMono = index % 2 === 1 && (closed || index < parts.length - 1);
    if (inMono) return [element("code", { class: "block" }, part)];
    return lines(index % 2 === 1 ? "```" + part : part);
  });
}

function lines(text) {
  return text.split("\n").flatMap((line, index) => {
    const quoted = line.startsWith("> ");
    const content = quoted ? [element("q", {}, ...marked(line.slice(2)))] : marked(line);
    return index && !quoted ? ["\n", ...content] : content;
  });
}

// The first mark that is closed again; what is before it stays, what is within may have others.
function marked(text) {
  for (let start = 0; start < text.length; start += 1) {
    const end = closing(text, start);
    if (end < 0) continue;
    const inner = text.slice(start + 1, end);
    const name = MARKS[text[start]];
    const made = name ? element(name, {}, ...marked(inner)) : element("code", {}, inner);
    return [text.slice(0, start), made, ...marked(text.slice(end + 1))];
  }
  return [text];
}

// A mark opens at the beginning of a word and closes at the end of one.
function closing(text, start) {
  const mark = text[start];
  const opens = mark in MARKS || mark === "`";
  if (!opens || wordy(text[start - 1]) || SPACE.test(text[start + 1] ?? " ")) return -1;
  for (let end = text.indexOf(mark, start + 2); end > 0; end = text.indexOf(mark, end + 1)) {
    if (!SPACE.test(text[end - 1]) && !wordy(text[end + 1])) return end;
  }
  return -1;
}

function wordy(character) {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
