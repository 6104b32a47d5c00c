/** Questions about the tree of nodes: who is whose child, what is pruned, where the best lies. Loops, never recursion. */

/** Children's numbers by parent, in order of creation. */
export function childrenOf(nodes) {
  const children = new Map();
  for (const id of [...nodes.keys()].sort((a, b) => a - b)) {
    children.set(id, children.get(id) ?? []);
    const { parent } = nodes.get(id);
    if (parent === null || !nodes.has(parent)) continue;
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(id);
  }
  return children;
}

/** The root's number: it is marked as such, never guessed. */
export function rootOf(nodes) {
  for (const node of nodes.values()) if (node.kind === "root") return node.id;
  return null;
}

/** A node and all below it, parents before children, siblings in order. */
export function subtree(children, id) {
  const found = [];
  const waiting = [id];
  while (waiting.length) {
    const current = waiting.pop();
    found.push(current);
    waiting.push(...[...(children.get(current) ?? [])].reverse());
  }
  return found;
}

/** From the root down to the node. */
export function pathTo(nodes, id) {
  const path = [];
  for (let current = id; current !== null && nodes.has(current); current = nodes.get(current).parent) path.unshift(current);
  return path;
}

/** Numbers of all nodes that a prune covers: those marked, and those below them. */
export function prunedIds(nodes, children) {
  const covered = new Set();
  for (const node of nodes.values()) {
    if (!node.pruned || covered.has(node.id)) continue;
    for (const id of subtree(children, node.id)) covered.add(id);
  }
  return covered;
}

/** Whether score `a` is better than `b`: higher, or lower where less of the metric is better. */
export function isBetter(a, b, maximise) {
  return maximise ? a > b : a < b;
}

/** The best scored node that no prune covers; the earliest among equals; null without one. */
export function bestId(nodes, pruned, maximise = true) {
  let best = null;
  for (const node of nodes.values()) {
    if (node.state !== "done" || node.score === null || pruned.has(node.id)) continue;
    if (best === null || isBetter(node.score, best.score, maximise) || (node.score === best.score && node.id < best.id)) best = node;
  }
  return best?.id ?? null;
}

/** All of the above for one state, computed once. `maximise`: whether more of the metric is better. */
export function family(nodes, maximise = true) {
  const children = childrenOf(nodes);
  const pruned = prunedIds(nodes, children);
  const root = rootOf(nodes);
  const best = bestId(nodes, pruned, maximise);
  return { children, pruned, root, best, maximise, bestPath: new Set(best === null ? [] : pathTo(nodes, best)) };
}

/** What would stop if the node were pruned: how many nodes lie in its subtree, by state. */
export function pruneEffect(nodes, children, id) {
  const effect = { below: 0, running: 0, queued: 0 };
  for (const member of subtree(children, id)) {
    if (member !== id) effect.below += 1;
    const { state } = nodes.get(member);
    if (state === "running" || state === "queued") effect[state] += 1;
  }
  return effect;
}

/** Whether two scores differ by more than their intervals allow: "better" is said only then. */
export function isClear(node, other) {
  if (!node?.interval || other?.score === null || other?.score === undefined) return false;
  const [low, high] = node.interval;
  const [otherLow, otherHigh] = other.interval ?? [other.score, other.score];
  return low > otherHigh || high < otherLow;
}
