import assert from "node:assert/strict";
import { test } from "node:test";

import { emptyHistory, remember, sentence } from "../../static/js/live/history.js";
import { anEvent } from "./helpers.mjs";

const piece = (seq, step, text, final = false) => anEvent(seq, "reasoning", { node: 3, data: { step, text, final } });

test("pieces of one step are joined in order", () => {
  const history = remember(emptyHistory(), [piece(1, 1, "Try "), piece(2, 1, "lora.", true)]);
  assert.deepEqual(history.steps.map(({ text, final }) => [text, final]), [["Try lora.", true]]);
});

test("a piece that comes twice is written once", () => {
  const once = remember(emptyHistory(), [piece(1, 1, "Try ")]);
  assert.equal(remember(once, [piece(1, 1, "Try "), piece(2, 1, "this.")]).steps[0].text, "Try this.");
});

test("only the steps that changed are touched", () => {
  const history = remember(emptyHistory(), [piece(1, 1, "a"), piece(2, 2, "b")]);
  assert.deepEqual([...remember(history, [piece(3, 2, "c")]).touched], [2]);
});

test("the feed tells who did what, and leaves out logs", () => {
  const pruned = anEvent(2, "steering", { actor: "ada", node: 4, data: { act: "prune", reason: "dear" } });
  const { feed } = remember(emptyHistory(), [anEvent(1, "log", { node: 4 }), pruned]);
  assert.deepEqual(feed.map(sentence), ["pruned node 4"]);
});

test("every act reads as a sentence", () => {
  const said = (kind, node, data) => sentence(anEvent(1, kind, { node, data }));
  assert.equal(said("steering", null, { act: "pause" }), "paused the search");
  assert.equal(said("steering", 2, { act: "expand", count: 3 }), "asked to expand node 2 3 times");
  assert.equal(said("selection", 0, { policy: "uct", forced: false }), "chose node 0 to expand (uct)");
  assert.equal(said("project.changed", null, { state: "finished" }), "search is finished");
});

test("a pause is told once, not again as a change of the project", () => {
  const paused = anEvent(1, "steering", { actor: "ada", data: { act: "pause", reason: "" } });
  const changed = anEvent(2, "project.changed", { actor: "ada", data: { state: "paused", reason: "" } });
  const finished = anEvent(3, "project.changed", { data: { state: "finished", reason: "the budget is used" } });
  const { feed } = remember(emptyHistory(), [paused, changed, finished]);
  assert.deepEqual(feed.map(sentence), ["paused the search", "search is finished"]);
});
