import assert from "node:assert/strict";
import { test } from "node:test";

import { parseColour, reach, scoreScale } from "../../static/js/tree/colour.js";

const palette = { low: "#ff8000", middle: "#808080", high: "rgb(0, 128, 255)" };

test("the baseline is neutral, the ends are pure", () => {
  const colour = scoreScale({ palette, baseline: 0.5, widest: 0.2 });
  assert.equal(colour(0.5), "rgb(128, 128, 128)");
  assert.equal(colour(0.7), "rgb(0, 128, 255)");
  assert.equal(colour(0.3), "rgb(255, 128, 0)");
});

test("a score beyond the reach keeps the end's colour", () => {
  assert.equal(scoreScale({ palette, baseline: 0.5, widest: 0.1 })(0.99), "rgb(0, 128, 255)");
});

test("without a baseline or a score the colour is neutral", () => {
  assert.equal(scoreScale({ palette, baseline: null, widest: 1 })(0.9), "rgb(128, 128, 128)");
  assert.equal(scoreScale({ palette, baseline: 0.5, widest: 1 })(null), "rgb(128, 128, 128)");
});

test("small differences are not stretched over the whole scale", () => {
  assert.equal(reach([0.5, 0.501], 0.5), 0.05);
  assert.ok(Math.abs(reach([0.5, 0.9], 0.5) - 0.4) < 1e-9);
});

test("hexadecimal and computed colours are both read", () => {
  assert.deepEqual(parseColour("#0080ff"), parseColour("rgb(0, 128, 255)"));
});
