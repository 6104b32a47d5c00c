/**
 * The tree as an indented list with the same selection: the form that assistive technology and the keyboard use.
 *
 * One tab stop; arrows, Home, End and a typed number move the focus, Enter or Space selects. Rows are kept and updated, never rebuilt.
 */

import { delta, score, stateWord } from "../format.js";
import { subtree } from "./family.js";

const TYPING_MS = 700;
const PARTS = ["mark", "name", "label", "flags", "score", "delta"];

function makeRow() {
  const row = document.createElement("li");
  row.setAttribute("role", "treeitem");
  row.tabIndex = -1;
  for (const part of PARTS) {
    const cell = document.createElement("span");
    cell.className = `outline-${part}`;
    row.append(cell);
  }
  row.firstChild.setAttribute("aria-hidden", "true");
  return row;
}

function set(row, name, value) {
  if (row.getAttribute(name) !== value) row.setAttribute(name, value);
}

function fillRow(row, node, { parent, depth, siblings, isCovered, isBest, isSelected }) {
  const [, name, label, flags, value, change] = row.children;
  set(row, "data-node", String(node.id));
  set(row, "data-state", node.state);
  set(row, "data-kind", node.kind);
  set(row, "data-pinned", String(node.pinned));
  set(row, "data-pruned", String(node.pruned));
  set(row, "data-covered", String(isCovered));
  set(row, "data-best", String(isBest));
  set(row, "data-score", node.score === null ? "" : String(node.score));
  set(row, "aria-level", String(depth + 1));
  set(row, "aria-setsize", String(siblings.length));
  set(row, "aria-posinset", String(siblings.indexOf(node.id) + 1));
  set(row, "aria-selected", String(isSelected));
  row.style.setProperty("--depth", depth);
  const words = [node.state !== "done" && stateWord(node), isBest && "best", node.pinned && "★ pinned", isCovered && "pruned"];
  name.textContent = node.kind === "root" ? "Baseline" : `Node ${node.id}`;
  label.textContent = node.label || node.hypothesis;
  flags.textContent = words.filter(Boolean).join(" · ");
  value.textContent = node.score === null ? "" : score(node.score);
  change.textContent = node.score === null || !parent || parent.score === null ? "" : delta(node.score - parent.score);
}

export class Outline {
  constructor({ list, onPick }) {
    Object.assign(this, { list, onPick });
    this.rows = new Map();
    this.selected = null;
    list.addEventListener("click", (event) => this.pick(event.target.closest("[data-node]")));
    list.addEventListener("keydown", (event) => this.pressed(event));
  }

  show(nodes, family) {
    this.nodes = nodes;
    this.family = family;
    const order = family.root === null ? [] : subtree(family.children, family.root);
    const depths = new Map();
    for (const [position, id] of order.entries()) {
      const node = nodes.get(id);
      depths.set(id, (depths.get(node.parent) ?? -1) + 1);
      const row = this.rows.get(id) ?? makeRow();
      this.rows.set(id, row);
      if (this.list.children[position] !== row) this.list.insertBefore(row, this.list.children[position] ?? null);
      fillRow(row, node, {
        parent: nodes.get(node.parent),
        depth: depths.get(id),
        siblings: family.children.get(node.parent) ?? [id],
        isCovered: family.pruned.has(id),
        isBest: id === family.best,
        isSelected: id === this.selected,
      });
    }
    while (this.list.children.length > order.length) this.list.lastElementChild.remove();
    this.keepOneTabStop();
  }

  select(id) {
    this.rows.get(this.selected)?.setAttribute("aria-selected", "false");
    this.selected = id;
    this.rows.get(id)?.setAttribute("aria-selected", "true");
    this.keepOneTabStop();
  }

  keepOneTabStop(row = this.rows.get(this.selected) ?? this.list.firstElementChild) {
    this.list.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    row?.setAttribute("tabindex", "0");
  }

  pick(row) {
    if (row) this.onPick(Number(row.dataset.node));
  }

  focus(row) {
    if (!row) return;
    this.keepOneTabStop(row);
    row.focus();
  }

  pressed(event) {
    const row = event.target.closest("[data-node]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const id = Number(row.dataset.node);
    const moves = {
      ArrowDown: () => this.focus(row.nextElementSibling),
      ArrowUp: () => this.focus(row.previousElementSibling),
      ArrowLeft: () => this.focus(this.rows.get(this.nodes.get(id).parent)),
      ArrowRight: () => this.focus(this.rows.get(this.family.children.get(id)?.[0])),
      Home: () => this.focus(this.list.firstElementChild),
      End: () => this.focus(this.list.lastElementChild),
      Enter: () => this.pick(row),
      " ": () => this.pick(row),
    };
    if (!moves[event.key]) return this.typedAhead(event, row);
    event.preventDefault();
    moves[event.key]();
  }

  /** Digits go to the node of that number; several typed quickly make one number. */
  typedAhead(event, row) {
    if (!/^\d$/.test(event.key)) return;
    const isContinued = event.timeStamp - (this.typedAt ?? -Infinity) < TYPING_MS;
    this.typed = (isContinued ? this.typed : "") + event.key;
    this.typedAt = event.timeStamp;
    this.focus(this.rows.get(Number(this.typed)) ?? row);
  }
}
