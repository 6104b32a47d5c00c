import assert from "node:assert/strict";
import { test } from "node:test";

import { applyEvents, fromSnapshot } from "../../static/js/live/store.js";
import { aNode, anEvent } from "./helpers.mjs";

const snapshot = () => fromSnapshot({ seq: 10, project: { id: 1, state: "running" }, nodes: [aNode(0, null)] });
const created = (seq, id) => anEvent(seq, "node.created", { node: id, data: aNode(id, 0, { state: "queued" }) });

test("events after the snapshot apply in order", () => {
  const changed = anEvent(12, "node.changed", { node: 1, data: { state: "running" } });
  const { state, fresh } = applyEvents(snapshot(), [created(11, 1), changed]);
  assert.equal(state.seq, 12);
  assert.equal(state.nodes.get(1).state, "running");
  assert.equal(fresh.length, 2);
});

test("a change keeps the fields it does not name", () => {
  const { state } = applyEvents(snapshot(), [anEvent(11, "node.changed", { node: 0, data: { score: 0.5 } })]);
  assert.deepEqual([state.nodes.get(0).score, state.nodes.get(0).kind], [0.5, "root"]);
});

test("an event seen before changes nothing", () => {
  const before = snapshot();
  const late = anEvent(10, "node.changed", { node: 0, data: { state: "failed" } });
  const { state, fresh } = applyEvents(before, [late]);
  assert.equal(state, before);
  assert.deepEqual(fresh, []);
});

test("the same event twice in one frame counts once", () => {
  const { fresh } = applyEvents(snapshot(), [created(11, 1), created(11, 1)]);
  assert.equal(fresh.length, 1);
});

test("a gap stops the fold and asks for a resync", () => {
  const { state, fresh } = applyEvents(snapshot(), [created(11, 1), created(13, 3)]);
  assert.deepEqual(state.gap, { expected: 12, got: 13 });
  assert.equal(state.seq, 11);
  assert.ok(!state.nodes.has(3));
  assert.equal(fresh.length, 1);
});

test("the state given is left as it was", () => {
  const before = snapshot();
  applyEvents(before, [created(11, 1)]);
  assert.deepEqual([...before.nodes.keys()], [0]);
  assert.equal(before.seq, 10);
});

test("a project change keeps the reason out of the project", () => {
  const paused = anEvent(11, "project.changed", { data: { state: "paused", reason: "asked" } });
  const { state } = applyEvents(snapshot(), [paused]);
  assert.deepEqual(state.project, { id: 1, state: "paused" });
});

test("events that carry no state still advance the sequence", () => {
  const { state } = applyEvents(snapshot(), [anEvent(11, "log", { node: 0 }), anEvent(12, "invented.later")]);
  assert.equal(state.seq, 12);
});

test("a change of an unknown node is ignored", () => {
  const { state } = applyEvents(snapshot(), [anEvent(11, "node.changed", { node: 9, data: { state: "done" } })]);
  assert.ok(!state.nodes.has(9));
});
