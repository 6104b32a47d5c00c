import assert from "node:assert/strict";
import { test } from "node:test";

import { score } from "../../static/js/format.js";
import { badgeText, revealing, visiblePart } from "../../static/js/tree/collapse.js";
import { family } from "../../static/js/tree/family.js";
import { aNode, nodesOf } from "./helpers.mjs";

const nodes = nodesOf(
  aNode(0, null), aNode(1, 0), aNode(2, 1, { score: 0.7 }), aNode(3, 2, { state: "running" }), aNode(4, 0, { state: "failed" }),
);

test("a collapsed node stays and hides all below it", () => {
  const { shown, open, hidden } = visiblePart(nodes, family(nodes), new Set([1]));
  assert.deepEqual([...shown.keys()].sort(), [0, 1, 4]);
  assert.deepEqual(open.get(1), []);
  assert.equal(badgeText(hidden.get(1), score), "+2 · best 0.700 · 1 running");
});

test("where less is better the badge tells the lowest", () => {
  const losses = nodesOf(aNode(0, null), aNode(1, 0, { score: 2.1 }), aNode(2, 0, { score: 1.4 }));
  assert.equal(visiblePart(losses, family(losses, false), new Set([0])).hidden.get(0).best, 1.4);
});

test("a leaf cannot be collapsed", () => {
  assert.equal(visiblePart(nodes, family(nodes), new Set([4])).hidden.size, 0);
});

test("revealing a node opens what lies above it, and nothing else", () => {
  assert.deepEqual([...revealing(nodes, new Set([1, 2, 4]), 3)], [4]);
  assert.deepEqual([...revealing(nodes, new Set([1]), 1)], [1]);
});
