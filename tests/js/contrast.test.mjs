import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { parseColour } from "../../static/js/tree/colour.js";

const css = readFileSync(new URL("../../static/css/tokens.css", import.meta.url), "utf8");

/** [light, dark] of a token. */
function both(name) {
  return css.match(new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`)).slice(1);
}

/** Relative luminance, WCAG 2.2. */
function luminance(colour) {
  const [r, g, b] = parseColour(colour).map((each) => each / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function assertContrast(front, back, least) {
  for (const theme of [0, 1]) {
    const found = contrast(both(front)[theme], both(back)[theme]);
    assert.ok(found >= least, `--${front} on --${back}: ${found.toFixed(2)} in theme ${theme}`);
  }
}

test("edges and marks stand out from the tree's ground in both themes", () => {
  for (const mark of ["edge", "edge-best", "score-low", "score-middle", "score-high", "faint"]) assertContrast(mark, "ground", 3);
});

test("text can be read on every ground it stands on in both themes", () => {
  for (const text of ["text", "muted", "faint"]) for (const back of ["ground", "surface", "sunken", "raised"]) assertContrast(text, back, 4.5);
});
