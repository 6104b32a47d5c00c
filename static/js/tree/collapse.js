/** Collapsed subtrees: what stays to be seen, and a summary of what each hides. */

import { isBetter, pathTo, subtree } from "./family.js";

function summary(nodes, hidden, maximise) {
  const found = { count: hidden.length, best: null, running: 0, failed: 0 };
  for (const id of hidden) {
    const { state, score } = nodes.get(id);
    if (state === "running" || state === "failed") found[state] += 1;
    if (state === "done" && score !== null && (found.best === null || isBetter(score, found.best, maximise))) found.best = score;
  }
  return found;
}

/** The nodes, children and hidden summaries (by collapsed node) that remain when `collapsed` is closed. */
export function visiblePart(nodes, { children, root, maximise = true }, collapsed) {
  const shown = new Map();
  const open = new Map();
  const hidden = new Map();
  const waiting = root === null ? [] : [root];
  while (waiting.length) {
    const id = waiting.pop();
    const below = children.get(id) ?? [];
    const isClosed = collapsed.has(id) && below.length > 0;
    shown.set(id, nodes.get(id));
    open.set(id, isClosed ? [] : below);
    if (isClosed) hidden.set(id, summary(nodes, subtree(children, id).slice(1), maximise));
    else waiting.push(...below);
  }
  return { shown, open, hidden };
}

/** `collapsed` without those that hide node `id`. */
export function revealing(nodes, collapsed, id) {
  const above = new Set(pathTo(nodes, id).slice(0, -1));
  return new Set([...collapsed].filter((closed) => !above.has(closed)));
}

/** What a badge says: "+12 · best 0.735 · 1 running". */
export function badgeText({ count, best, running, failed }, score) {
  const words = [`+${count}`, best !== null && `best ${score(best)}`, running && `${running} running`, failed && `${failed} failed`];
  return words.filter(Boolean).join(" · ");
}
