import assert from "node:assert/strict";
import { test } from "node:test";

import { bestId, childrenOf, family, isClear, prunedIds, pruneEffect, subtree } from "../../static/js/tree/family.js";
import { bounds, CARD, fitTransform, layout, STEP } from "../../static/js/tree/layout.js";
import { placesAt, startMove } from "../../static/js/tree/tween.js";
import { aNode, d3, nodesOf } from "./helpers.mjs";

const shape = (...parents) => nodesOf(...parents.map((parent, id) => aNode(id, parent)));
const arranged = (nodes, previous) => layout(nodes, { ...family(nodes), d3, previous });

test("siblings stand in order of creation", () => {
  const places = arranged(shape(null, 0, 0, 1, 0));
  assert.ok(places.get(1).y < places.get(2).y && places.get(2).y < places.get(4).y);
});

test("no two cards overlap", () => {
  const parents = [null];
  for (let id = 1; id < 200; id += 1) parents.push((id * 7919) % id);
  const places = [...arranged(shape(...parents)).values()];
  for (const [index, a] of places.entries()) {
    for (const b of places.slice(index + 1)) {
      assert.ok(Math.abs(a.x - b.x) >= CARD.width || Math.abs(a.y - b.y) >= CARD.height);
    }
  }
});

test("a new leaf leaves the other branches where they were", () => {
  const before = arranged(shape(null, 0, 0, 0, 1, 1, 2, 2));
  const after = arranged(shape(null, 0, 0, 0, 1, 1, 2, 2, 3, 3), before);
  for (const id of [1, 2, 4, 5, 6, 7]) assert.deepEqual(after.get(id), before.get(id));
});

test("a chain of thousands neither overflows nor bends", () => {
  const parents = Array.from({ length: 5000 }, (none, id) => (id ? id - 1 : null));
  const places = arranged(shape(...parents));
  assert.deepEqual(places.get(4999), { x: 4999 * STEP.across, y: 0 });
});

test("a tree without nodes has no places and no bounds", () => {
  assert.equal(bounds(arranged(new Map())), null);
});

test("fitting shows the whole box", () => {
  const box = { left: -20, top: -100, right: 1000, bottom: 300 };
  const { x, y, k } = fitTransform(box, { width: 600, height: 400 });
  assert.ok(box.left * k + x >= 29 && box.right * k + x <= 571);
  assert.ok(box.top * k + y >= 51 && box.bottom * k + y <= 349);
});

test("a new node grows out of its parent and arrives", () => {
  const from = new Map([[0, { x: 0, y: 0 }]]);
  const to = new Map([[0, { x: 0, y: 0 }], [1, { x: 100, y: 10 }]]);
  const move = startMove(from, to, { nodes: shape(null, 0), now: 0, isInstant: false });
  assert.deepEqual(placesAt(move, 0).get(1), { x: 0, y: 0 });
  assert.equal(placesAt(move, 250), to);
});

test("reduced motion arrives at once", () => {
  const to = new Map([[1, { x: 100, y: 10 }]]);
  const move = startMove(new Map([[1, { x: 0, y: 0 }]]), to, { nodes: shape(null, 0), now: 0, isInstant: true });
  assert.equal(placesAt(move, 0), to);
});

test("a prune covers all that lies below", () => {
  const nodes = nodesOf(aNode(0, null), aNode(1, 0, { pruned: true }), aNode(2, 1), aNode(3, 2), aNode(4, 0));
  assert.deepEqual([...prunedIds(nodes, childrenOf(nodes))].sort(), [1, 2, 3]);
});

test("the best is scored, not pruned, and the earliest among equals", () => {
  const nodes = nodesOf(
    aNode(0, null, { score: 0.5 }), aNode(1, 0, { score: 0.9, pruned: true }), aNode(2, 0, { score: 0.7 }),
    aNode(3, 0, { score: 0.7 }), aNode(4, 0, { score: 0.95, state: "failed" }),
  );
  assert.equal(bestId(nodes, prunedIds(nodes, childrenOf(nodes))), 2);
});

test("where less is better the best is the lowest, and the best path leads to it", () => {
  const nodes = nodesOf(aNode(0, null, { score: 2.5 }), aNode(1, 0, { score: 1.9 }), aNode(2, 0, { score: 3.1 }));
  assert.equal(family(nodes).best, 2);
  const { best, bestPath } = family(nodes, false);
  assert.deepEqual([best, [...bestPath]], [1, [0, 1]]);
});

test("a subtree lists parents before children, siblings in order", () => {
  assert.deepEqual(subtree(childrenOf(shape(null, 0, 0, 1, 1)), 0), [0, 1, 3, 4, 2]);
});

test("the effect of a prune counts what would stop", () => {
  const nodes = nodesOf(aNode(0, null), aNode(1, 0), aNode(2, 1, { state: "running" }), aNode(3, 1, { state: "queued" }));
  assert.deepEqual(pruneEffect(nodes, childrenOf(nodes), 1), { below: 2, running: 1, queued: 1 });
});

test("a difference is clear only when the intervals do not meet", () => {
  const scored = (score, interval) => aNode(1, 0, { score, interval });
  assert.ok(isClear(scored(0.8, [0.75, 0.85]), scored(0.6, [0.55, 0.65])));
  assert.ok(!isClear(scored(0.8, [0.75, 0.85]), scored(0.72, [0.68, 0.77])));
  assert.ok(!isClear(scored(0.8, null), scored(0.6, null)));
});
