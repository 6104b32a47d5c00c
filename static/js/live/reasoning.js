/** The Researcher's thoughts as they are written, grouped by the expansion that they belong to. */

import { clock } from "../format.js";
import { Follow } from "../text/follow.js";
import { renderMarkdown } from "../text/markdown_dom.js";

function makeStep(step) {
  const block = document.createElement("article");
  block.className = "step";
  block.dataset.step = step.step;
  const head = document.createElement("header");
  const title = document.createElement("h3");
  title.textContent = "Expanding ";
  const where = document.createElement("a");
  where.href = `?node=${step.node}`;
  where.dataset.select = step.node;
  where.textContent = step.node === 0 ? "the baseline" : `node ${step.node}`;
  const at = document.createElement("time");
  at.dateTime = step.at;
  at.textContent = clock(step.at);
  title.append(where);
  head.append(title, at);
  const body = document.createElement("div");
  body.className = "md";
  block.append(head, body);
  return block;
}

export class ReasoningView {
  constructor({ box, button }) {
    this.box = box;
    this.blocks = new Map();
    this.waiting = new Map();
    this.follow = new Follow({ box, button });
  }

  /** Shows `steps`, those in `touched` anew; several pieces within one frame cost one rendering. */
  show(steps, touched) {
    for (const step of steps) if (touched.has(step.step)) this.waiting.set(step.step, step);
    if (this.waiting.size && !this.isAsked) {
      this.isAsked = true;
      requestAnimationFrame(() => this.render());
    }
  }

  render() {
    this.isAsked = false;
    this.box.querySelector(".dock-empty")?.remove();
    for (const [number, step] of this.waiting) {
      if (!this.blocks.has(number)) {
        this.blocks.set(number, makeStep(step));
        this.box.append(this.blocks.get(number));
      }
      const block = this.blocks.get(number);
      block.dataset.final = String(step.final);
      renderMarkdown(block.lastChild, step.text);
    }
    this.follow.grew(this.waiting.size);
    this.waiting.clear();
  }
}
