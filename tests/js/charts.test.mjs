import assert from "node:assert/strict";
import { test } from "node:test";

import { choices, drawnWith } from "../../static/js/charts/curve.js";
import { span } from "../../static/js/charts/interval.js";

test("the loss comes first, and evaluation twins are drawn with their own", () => {
  const known = ["learning_rate", "eval_loss", "loss", "eval_only"];
  assert.deepEqual(choices(known), ["loss", "eval_only", "learning_rate"]);
  assert.deepEqual(drawnWith("loss", known), ["loss", "eval_loss"]);
  assert.deepEqual(drawnWith("learning_rate", known), ["learning_rate"]);
});

test("the interval's scale leaves air but does not leave 0 to 1", () => {
  const [from, to] = span([0.02, 0.98]);
  assert.deepEqual([from, to], [0, 1]);
  const [low, high] = span([0.5, 0.6]);
  assert.ok(low < 0.5 && high > 0.6);
});

test("scores beyond 0 to 1 have a scale too", () => {
  const [from, to] = span([-3, 12]);
  assert.ok(from < -3 && to > 12);
});
