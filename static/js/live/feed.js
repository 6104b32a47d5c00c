/** The feed of acts and choices, newest first: who, what, why, when. */

import { clock } from "../format.js";
import { sentence } from "./history.js";

function part(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function makeEntry(event) {
  const entry = document.createElement("li");
  entry.dataset.seq = event.seq;
  entry.dataset.kind = event.kind;
  if (event.data.act) entry.dataset.act = event.data.act;
  const at = part("time", "", clock(event.at));
  at.dateTime = event.at;
  const body = part("span", "feed-body", "");
  body.append(part("strong", "feed-actor", event.actor), " ");
  const said = part(event.node === null ? "span" : "a", "feed-said", sentence(event));
  if (event.node !== null) {
    said.href = `?node=${event.node}`;
    said.dataset.select = event.node;
  }
  body.append(said);
  const why = event.data.reason || event.data.instruction;
  if (why) body.append(part("span", "feed-why", `“${why}”`));
  entry.append(at, body);
  return entry;
}

export class FeedView {
  constructor(list) {
    this.list = list;
    this.seq = 0;
  }

  /** Adds what is newer than the newest shown. */
  show(feed) {
    for (const event of feed) {
      if (event.seq <= this.seq) continue;
      this.seq = event.seq;
      this.list.prepend(makeEntry(event));
    }
    while (this.list.children.length > 500) this.list.lastElementChild.remove();
  }
}
