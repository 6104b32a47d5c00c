import assert from "node:assert/strict";
import { test } from "node:test";

import { parseColour, reach, scoreScale } from "../../static/js/tree/colour.js";

const palette = { low: "#ff8000", middle: "#808080", high: "rgb(0, 128, 255)" };

test("the baseline is neutral, the ends are pure", () => {
  const colour = scoreScale({ palette, baseline: 0.5, ends: { low: 0.3, high: 0.7 } });
  assert.equal(colour(0.5), "rgb(128, 128, 128)");
  assert.equal(colour(0.7), "rgb(0, 128, 255)");
  assert.equal(colour(0.3), "rgb(255, 128, 0)");
});

test("a score beyond the reach keeps the end's colour", () => {
  assert.equal(scoreScale({ palette, baseline: 0.5, ends: { low: 0.4, high: 0.6 } })(0.99), "rgb(0, 128, 255)");
});

test("without a baseline or a score the colour is neutral", () => {
  assert.equal(scoreScale({ palette, baseline: null, ends: null })(0.9), "rgb(128, 128, 128)");
  assert.equal(scoreScale({ palette, baseline: 0.5, ends: { low: 0, high: 1 } })(null), "rgb(128, 128, 128)");
});

test("small differences are not stretched over the whole scale", () => {
  assert.deepEqual(reach([0.5, 0.501], 0.5), { low: 0.45, high: 0.55 });
  assert.deepEqual(reach([0.5, 0.9], 0.5), { low: 0.45, high: 0.9 });
});

test("hexadecimal and computed colours are both read", () => {
  assert.deepEqual(parseColour("#0080ff"), parseColour("rgb(0, 128, 255)"));
});
