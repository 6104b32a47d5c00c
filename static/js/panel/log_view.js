/** The log of one run: lines as text, the newest kept, following its end until paused. */

import { plural } from "../format.js";
import { Follow } from "../text/follow.js";

function makeLine(line) {
  const made = document.createElement("div");
  made.textContent = line.text;
  made.dataset.level = line.level;
  return made;
}

export class LogView {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector("#log-lines");
    this.shown = 0;
    this.follow = new Follow({ box: this.box, button: root.querySelector("#log-follow") });
  }

  /** Shows the lines of `run` that are not shown yet, and lets go of those that it dropped. */
  show(run) {
    const total = run.dropped + run.lines.length;
    const count = total - this.shown;
    if (count <= 0) return;
    this.root.hidden = false;
    this.box.append(...run.lines.slice(-Math.min(count, run.lines.length)).map(makeLine));
    this.shown = total;
    while (this.box.children.length > run.lines.length) this.box.firstChild.remove();
    const note = run.dropped ? `${plural(total, "line")}, the last ${run.lines.length} shown` : plural(total, "line");
    this.root.querySelector("#log-note").textContent = note;
    this.follow.grew(count);
  }
}
