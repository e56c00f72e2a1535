// The ways to look at one attempt; the address names the one that is open.

import { element, withCode } from "./dom.js";
import { readView, writeView } from "./story_address.js";
import { partKey } from "./story_log.js";

export class Views {
  // Each view has: name, word, element, show(part); the first one is open when none is named.
  constructor(views) {
    this.views = views;
    this.part = null;
    this.shown = "";
    this.buttons = views.map(({ name, word }) =>
      element("button", { type: "button", class: "view", onclick: () => this.choose(name) }, word),
    );
    this.bar = element("div", { class: "views", role: "group", "aria-label": "View" }, ...this.buttons);
    window.addEventListener("hashchange", () => this.bar.isConnected && this.draw());
  }

  get elements() {
    return this.views.map(({ element: made }) => made);
  }

  choose(name) {
    writeView(name === this.views[0].name ? null : name);
    this.draw();
  }

  // The attempt that all of them speak of.
  at(part) {
    this.part = part;
    this.draw();
  }

  draw() {
    if (!this.part) return;
    const open = this.views.find(({ name }) => name === readView()) ?? this.views[0];
    this.views.forEach((view, index) => {
      view.element.hidden = view !== open;
      this.buttons[index].setAttribute("aria-pressed", view === open);
    });
    const content = `${open.name} ${partKey(this.part)}`;
    if (content === this.shown) return;
    this.shown = content;
    open.show(this.part);
  }
}

// What a view shows of the story's rows that are in no attempt.
export function noAttempt() {
  return element("p", { class: "quiet" }, "These rows are in no attempt. Choose an attempt above.");
}

// What it shows when it was not answered; a rule that says why has a name.
export function refused({ message, told }) {
  return element("p", { class: "wrong", role: "alert" }, ...withCode(message), told?.cause ? element("span", { class: "under" }, element("code", {}, told.cause)) : null);
}
