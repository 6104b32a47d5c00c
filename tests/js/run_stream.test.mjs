import assert from "node:assert/strict";
import { test } from "node:test";

import { cleanLine, columns, emptyRun, extendRun, holes } from "../../static/js/live/run_stream.js";
import { anEvent } from "./helpers.mjs";

const metric = (seq, points, attempt = 1) => anEvent(seq, "metric", { node: 1, attempt, data: { points } });
const log = (seq, ...texts) => anEvent(seq, "log", { node: 1, attempt: 1, data: { lines: texts.map((text) => ({ level: "info", text })) } });

test("points become columns in order of step", () => {
  const run = emptyRun();
  extendRun(run, [metric(1, [{ step: 20, values: { loss: 1 } }, { step: 10, values: { loss: 2, lr: 0.1 } }])]);
  assert.deepEqual(columns(run, ["loss", "lr"]), [[10, 20], [2, 1], [0.1, null]]);
});

test("values of one step that come apart share a row", () => {
  const run = emptyRun();
  extendRun(run, [metric(1, [{ step: 5, values: { loss: 1 } }]), metric(2, [{ step: 5, values: { eval_loss: 2 } }])]);
  assert.deepEqual(columns(run, ["loss", "eval_loss"]), [[5], [1], [2]]);
});

test("a NaN is a hole in the curve and is counted", () => {
  const run = emptyRun();
  extendRun(run, [metric(1, [{ step: 1, values: { loss: "NaN" } }, { step: 2, values: { loss: "-Infinity" } }])]);
  assert.deepEqual(columns(run, ["loss"])[1], [null, null]);
  assert.equal(holes(run, "loss"), 2);
});

test("a backfill that overlaps the live events adds nothing twice", () => {
  const run = emptyRun();
  extendRun(run, [log(1, "a"), log(2, "b")]);
  assert.equal(extendRun(run, [log(2, "b")]).size, 0);
  assert.deepEqual(run.lines.map((line) => line.text), ["a", "b"]);
});

test("a new attempt begins a new curve and keeps the log", () => {
  const run = emptyRun();
  extendRun(run, [metric(1, [{ step: 1, values: { loss: 3 } }]), log(2, "killed"), metric(3, [{ step: 1, values: { loss: 4 } }], 2)]);
  assert.deepEqual(columns(run, ["loss"]), [[1], [4]]);
  assert.deepEqual(run.lines.map((line) => line.text), ["killed", "— attempt 2 —"]);
});

test("the log keeps its newest lines and counts those it dropped", () => {
  const run = emptyRun();
  extendRun(run, [log(1, ...Array.from({ length: 2003 }, (none, index) => `line ${index}`))]);
  assert.deepEqual([run.lines.length, run.dropped, run.lines[0].text], [2000, 3, "line 3"]);
});

test("terminal colours and overwritten progress are removed from a line", () => {
  assert.equal(cleanLine("10%\r50%\r\u001b[32m100%\u001b[0m\r"), "100%");
});

test("markup in a line stays text", () => {
  assert.equal(cleanLine("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>");
});
