import assert from "node:assert/strict";
import { test } from "node:test";

import { parseColour, reach, scoreScale } from "../../static/js/tree/colour.js";

const palette = { low: "#ff8000", middle: "#808080", high: "rgb(0, 128, 255)" };

const ends = { below: { near: 0.4, far: 0.3 }, above: { near: 0.6, far: 0.7 } };

test("the baseline is neutral, the ends are pure", () => {
  const colour = scoreScale({ palette, baseline: 0.5, ends });
  assert.equal(colour(0.5), "rgb(128, 128, 128)");
  assert.equal(colour(0.7), "rgb(0, 128, 255)");
  assert.equal(colour(0.3), "rgb(255, 128, 0)");
});

test("where less is better the colours change sides", () => {
  const colour = scoreScale({ palette, baseline: 0.5, ends, maximise: false });
  assert.equal(colour(0.3), "rgb(0, 128, 255)");
  assert.equal(colour(0.7), "rgb(255, 128, 0)");
});

test("a score beyond the reach keeps the end's colour", () => {
  assert.equal(scoreScale({ palette, baseline: 0.5, ends })(0.99), "rgb(0, 128, 255)");
});

test("the score nearest to the baseline differs from it", () => {
  const colour = scoreScale({ palette, baseline: 0.5, ends });
  assert.notEqual(colour(0.6), colour(0.5));
});

test("scores that lie close together and far from the baseline are told apart", () => {
  const scores = [0, 0.7, 0.8, 0.9];
  const colour = scoreScale({ palette, baseline: 0, ends: reach(scores, 0) });
  assert.equal(new Set(scores.map(colour)).size, 4);
  assert.deepEqual(reach(scores, 0), { below: null, above: { near: 0.7, far: 0.9 } });
});

test("without a baseline or a score the colour is neutral", () => {
  assert.equal(scoreScale({ palette, baseline: null, ends: null })(0.9), "rgb(128, 128, 128)");
  assert.equal(scoreScale({ palette, baseline: 0.5, ends })(null), "rgb(128, 128, 128)");
});

test("small differences are not stretched over the whole scale", () => {
  assert.deepEqual(reach([0.5, 0.51], 0.5), { below: null, above: { near: 0.5, far: 0.55 } });
  assert.equal(reach([0.5, 0.81, 0.82], 0.5).above.near.toFixed(2), "0.77");
});

test("hexadecimal and computed colours are both read", () => {
  assert.deepEqual(parseColour("#0080ff"), parseColour("rgb(0, 128, 255)"));
});
