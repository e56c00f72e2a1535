// One story on the page: its attempts, the slider over the chosen one, its rows, and the state at
// the row that the slider stands on.

import { announce, element, fill } from "./dom.js";
import { attemptsStrip } from "./attempts_strip.js";
import { inWords, player, pressed } from "./player.js";
import { findStep, placeOf, readPlace, writePlace } from "./story_address.js";
import { fails, keyOf, moves, partKey } from "./story_log.js";
import { statePanel } from "./state_panel.js";
import { storyTable } from "./story_table.js";

export class Stage {
  // `log` is a StoryLog; `api` reads evidence, null where there is none; `readState(version)` is as
  // statePanel takes it; `failed(problem)` hears of what could not be loaded, `moved(part)` of the
  // attempt that is looked at.
  constructor({ log, api, readState, failed, moved }) {
    this.log = log;
    this.moved = moved;
    this.api = api;
    this.failed = failed;
    this.following = true; // nobody has chosen a row, or the newest one is chosen
    this.step = null;
    this.drawn = "";
    const move = {
      step: (by) => this.seek(by, () => true),
      change: (by) => this.seek(by, ({ row }) => moves(row)),
      failure: (by) => this.seek(by, ({ row }) => fails(row)),
      edge: (by) => this.go(this.step.part.rows.at(by < 0 ? 0 : -1)),
      to: (row) => this.go(row),
    };
    this.strip = attemptsStrip({ choose: (part) => this.go(part.rows[0]), more: (direction) => this.more(direction) });
    this.player = player(move);
    this.state = statePanel(readState, failed, { linked: api !== null });
    this.rows = element("div", { class: "scroll card", tabindex: 0, role: "region", "aria-label": "Rows" });
    this.element = element(
      "div",
      { class: "stage-columns", onkeydown: (event) => pressed(event, move) },
      this.player.panel,
      this.state.panel,
      this.rows,
    );
    window.addEventListener("hashchange", () => this.element.isConnected && this.follow(readPlace()));
  }

  // Shows what the log holds now. `about` has: proof (positions), kept (evidence by attempt).
  draw(about) {
    this.about = about;
    const place = this.following || !this.step ? null : placeOf(this.step.row);
    this.steps = this.log.steps();
    if (this.steps.length) this.stand(place ? findStep(this.steps, place) : this.first(), { anew: true });
  }

  // Marks more rows as proof.
  prove(positions) {
    const { proof } = this.about;
    if (positions.every((position) => proof.has(position))) return;
    this.about = { ...this.about, proof: new Set([...proof, ...positions]) };
    this.stand(this.indexOf(this.step.row), { anew: true });
  }

  // Where nobody has chosen a row: the last one that proves the cause, else the newest.
  first() {
    const proof = this.steps.findLastIndex(({ row }) => row.position !== null && this.about.proof.has(row.position));
    return proof < 0 ? this.steps.length - 1 : proof;
  }

  // Goes to the place that an address names, and loads that part of the story if need be.
  async follow(place) {
    if (!place) return;
    try {
      if (place.version <= this.log.after || place.version > this.log.until) await this.log.open(place.version);
    } catch (problem) {
      this.failed(problem);
      return;
    }
    this.steps = this.log.steps();
    if (!this.steps.length) return;
    this.following = false;
    this.stand(findStep(this.steps, place), { scroll: true, anew: true });
  }

  go(row) {
    this.stand(this.indexOf(row), { scroll: true });
    this.following = this.log.reachesEnd && this.indexOf(row) === this.steps.length - 1;
    writePlace(row);
    if (document.activeElement !== this.player.slider) announce(inWords(row, this.step.part));
  }

  // Goes to the next step, on (1) or back (-1), for which `wanted` holds; loads what it needs.
  async seek(direction, wanted) {
    let index = this.indexOf(this.step.row);
    for (;;) {
      do index += direction;
      while (this.steps[index] && !wanted(this.steps[index]));
      if (this.steps[index]) {
        this.go(this.steps[index].row);
        return;
      }
      const held = this.steps.length;
      if (!(await this.more(direction))) {
        announce(direction > 0 ? "There is none further on." : "There is none before.");
        return;
      }
      index = direction > 0 ? held - 1 : this.steps.length - held;
    }
  }

  // Loads older (-1) or newer (1) rows; tells whether there were any.
  async more(direction) {
    try {
      if (!(await this.log.more(direction))) return false;
    } catch (problem) {
      this.failed(problem);
      return false;
    }
    const place = placeOf(this.step.row);
    this.steps = this.log.steps();
    this.stand(findStep(this.steps, place), { anew: true });
    return true;
  }

  indexOf(row) {
    return this.steps.findIndex((step) => keyOf(step.row) === keyOf(row));
  }

  // Marks the step everywhere; `anew` says that the rows themselves may have changed.
  stand(index, { scroll = false, anew = false }) {
    const before = this.step;
    this.step = this.steps[index];
    const { row, part } = this.step;
    if (anew || partKey(before.part) !== partKey(part)) this.drawPart(part);
    this.strip.mark(part);
    this.player.mark(row);
    this.table.mark(row, { scroll: scroll && this.rowsAreRead() });
    this.state.show(row);
    this.moved(part);
  }

  // Tells whether the row itself has to come into sight: on a narrow screen the state stands between
  // slider and rows, and whoever reads that must not be taken away from it.
  rowsAreRead() {
    const slider = this.player.panel.getBoundingClientRect();
    const state = this.state.panel.getBoundingClientRect();
    const beside = state.left >= slider.right;
    const inSight = state.bottom > slider.bottom && state.top < window.innerHeight;
    return beside || !inSight;
  }

  // Draws an attempt unless it stands there just so: what somebody reads or has focused stays.
  drawPart(part) {
    this.strip.show(this.log);
    const { proof, kept } = this.about;
    const pieces = kept.get(partKey(part));
    const content = JSON.stringify([part, [...proof], pieces]);
    if (content === this.drawn) return;
    this.drawn = content;
    this.player.show(part);
    this.table = storyTable(part, { proof, pieces, api: this.api, chosen: (row) => this.clicked(row) });
    fill(this.rows, this.table.table);
  }

  clicked(row) {
    this.go(row);
    this.player.slider.focus({ preventScroll: true });
  }
}
