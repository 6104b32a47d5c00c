import assert from "node:assert/strict";
import { test } from "node:test";

import { compact, delta, duration, interval, plural, score, shorten } from "../../static/js/format.js";

test("scores have three decimals, or a dash", () => {
  assert.deepEqual([0.8, 1, null, NaN].map(score), ["0.800", "1.000", "–", "–"]);
});

test("differences carry their sign", () => {
  assert.deepEqual([0.0524, -0.1, 0, -0.0001, null].map(delta), ["+0.052", "−0.100", "±0.000", "±0.000", "–"]);
});

test("durations read as people say them", () => {
  assert.deepEqual([0.02, 0.42, 12.3, 59.6, 65, 3599.7, 7380, null].map(duration),
    ["<0.1 s", "0.4 s", "12 s", "1 min 00 s", "1 min 05 s", "1 h 00 min", "2 h 03 min", "–"]);
});

test("counts, intervals and cuts", () => {
  assert.deepEqual([plural(1, "node"), plural(2, "node")], ["1 node", "2 nodes"]);
  assert.equal(interval([0.75, 0.86]), "0.750 to 0.860");
  assert.equal(shorten("abcdef", 4), "abc…");
  assert.deepEqual([0, 0.0004, 1.92345, 12300].map(compact), ["0", "4.00e-4", "1.923", "12300"]);
});
