/** The card beside the node under the pointer: hypothesis, score with interval, difference to the parent. */

import { delta, interval, score, shorten, stateWord } from "../format.js";
import { isClear } from "./family.js";

function row(text, className = "") {
  const made = document.createElement("p");
  made.textContent = text;
  made.className = className;
  return made;
}

function scoreRow(node) {
  const bounds = node.interval ? ` (${interval(node.interval)})` : "";
  return row(`${score(node.score)}${bounds}`, "hover-score");
}

function deltaRow(node, parent) {
  const word = isClear(node, parent) ? "beyond both intervals" : "not beyond the intervals";
  return row(`${delta(node.score - parent.score)} to parent, ${word}`, "muted");
}

export function fillHoverCard(card, node, parent) {
  const name = node.kind === "root" ? "Baseline" : `Node ${node.id}`;
  const flags = [stateWord(node), node.pinned && "pinned", node.pruned && "pruned"].filter(Boolean).join(", ");
  const rows = [row(`${name} · ${flags}`, "muted")];
  if (node.hypothesis) rows.push(row(shorten(node.hypothesis, 160), "hover-hypothesis"));
  if (node.score !== null) rows.push(scoreRow(node));
  if (node.score !== null && parent && parent.score !== null) rows.push(deltaRow(node, parent));
  if (node.failure) rows.push(row(shorten(node.failure.split("\n")[0], 140), "hover-failure"));
  card.replaceChildren(...rows);
}

/** Puts the card below the node, or above where there is no room. */
export function placeHoverCard(card, place, size) {
  card.hidden = false;
  const left = Math.max(8, Math.min(place.left, size.width - card.offsetWidth - 8));
  const below = place.bottom + 8;
  const isBelow = below + card.offsetHeight < size.height;
  card.style.left = `${left}px`;
  card.style.top = `${isBelow ? below : Math.max(8, place.top - card.offsetHeight - 8)}px`;
}
