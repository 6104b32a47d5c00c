/** Says what happened to those who do not see it: at most one sentence every few seconds, the latest news first. */

import { plural, score } from "../format.js";

const PAUSE_MS = 4000;

/** What an event is worth saying, or null. `nodes`: the state after it. */
export function announcement(event, nodes) {
  if (event.kind === "project.changed" && event.data.state) return `The search is ${event.data.state}`;
  if (event.kind !== "node.changed" || !event.data.state) return null;
  const name = event.node === 0 ? "The baseline" : `Node ${event.node}`;
  const node = nodes.get(event.node);
  if (event.data.state === "done") return node?.score === null ? `${name} is done` : `${name} scored ${score(node?.score)}`;
  return event.data.state === "failed" ? `${name} failed` : null;
}

export class Announcer {
  constructor(region) {
    this.region = region;
    this.waiting = [];
  }

  say(text) {
    this.waiting.push(text);
    if (!this.timer) this.speak();
  }

  speak() {
    this.timer = null;
    if (!this.waiting.length) return;
    const more = this.waiting.length - 1;
    this.region.textContent = this.waiting.at(-1) + (more ? `, and ${plural(more, "more change", "more changes")}` : "");
    this.waiting = [];
    this.timer = setTimeout(() => this.speak(), PAUSE_MS);
  }
}
