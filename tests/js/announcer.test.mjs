import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Announcer, announcement } from "../../static/js/live/announcer.js";
import { aNode, anEvent, nodesOf } from "./helpers.mjs";

const changed = (node, data) => anEvent(1, "node.changed", { node, data });

test("a score, a failure and a new state of the search are worth saying", () => {
  const nodes = nodesOf(aNode(0, null, { score: 0.5 }), aNode(4, 0, { score: 0.83 }));
  assert.equal(announcement(changed(4, { state: "done" }), nodes), "Node 4 scored 0.830");
  assert.equal(announcement(changed(4, { state: "failed" }), nodes), "Node 4 failed");
  assert.equal(announcement(anEvent(1, "project.changed", { data: { state: "paused" } }), nodes), "The search is paused");
});

test("logs, pins and starts are not", () => {
  const nodes = nodesOf(aNode(4, 0));
  assert.equal(announcement(anEvent(1, "log", { node: 4 }), nodes), null);
  assert.equal(announcement(changed(4, { pinned: true }), nodes), null);
  assert.equal(announcement(changed(4, { state: "running" }), nodes), null);
});

test("what comes within the pause is said in one sentence after it", (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const region = { textContent: "" };
  const announcer = new Announcer(region);
  ["a", "b", "c"].forEach((text) => announcer.say(text));
  assert.equal(region.textContent, "a");
  mock.timers.tick(4000);
  assert.equal(region.textContent, "c, and 1 more change");
});
