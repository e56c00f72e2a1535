// Small ways to build a page. Text only ever becomes text, never markup.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A sentence whose commands, between backticks, are set as code.
export function withCode(sentence) {
  return sentence.split(/`([^`]+)`/).map((part, nth) => (nth % 2 ? element("code", {}, part) : part));
}

export const main = () => document.getElementById("main");

// Puts these children in place of what is there; null stands for nothing.
export function fill(parent, ...children) {
  parent.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

export function show(...children) {
  fill(main(), ...children);
}

// Says in a place of the page what went wrong, or anything else in one sentence.
export function say(place, sentence) {
  fill(place, ...withCode(sentence));
}

let announced = "";

// Says something to people who hear the page instead of seeing it; a repetition is not said again.
export function announce(sentence) {
  if (sentence === announced) return;
  announced = sentence;
  document.getElementById("announcer").textContent = sentence.replaceAll("`", "");
}

// Runs `work` once for any number of calls that come while it runs or waits.
export function coalesced(work, quiet_ms = 0) {
  let wanted = false;
  let running = false;
  return async function again() {
    wanted = true;
    if (running) return;
    running = true;
    try {
      while (wanted) {
        wanted = false;
        await work();
        if (quiet_ms) await new Promise((done) => setTimeout(done, quiet_ms));
      }
    } finally {
      running = false;
    }
  };
}
