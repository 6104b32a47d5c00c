import assert from "node:assert/strict";
import { test } from "node:test";

import { inline, parse } from "../../static/js/text/markdown.js";

test("blocks are told apart", () => {
  const blocks = parse("# Plan\n\nTry *lora*\nfirst.\n\n- one\n- two\n  more\n\n1. a\n\n```\nx = 1\n```");
  assert.deepEqual(blocks, [
    { type: "heading", level: 1, text: "Plan" },
    { type: "paragraph", text: "Try *lora*\nfirst." },
    { type: "list", ordered: false, items: ["one", "two more"] },
    { type: "list", ordered: true, items: ["a"] },
    { type: "code", lines: ["x = 1"] },
  ]);
});

test("emphasis and code are found inside a line", () => {
  assert.deepEqual(inline("a **b** `c*d*` _e_ snake_case_name"), [
    { type: "text", text: "a " }, { type: "strong", text: "b" }, { type: "text", text: " " }, { type: "code", text: "c*d*" },
    { type: "text", text: " " }, { type: "em", text: "e" }, { type: "text", text: " snake_case_name" },
  ]);
});

test("hostile markup stays text", () => {
  for (const hostile of ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://evil/x.png)", "<img src=x onerror=y>"]) {
    assert.deepEqual(parse(hostile), [{ type: "paragraph", text: hostile }]);
    assert.deepEqual(inline(hostile), [{ type: "text", text: hostile }]);
  }
});

test("only known kinds ever come out", () => {
  const source = "<b>*x*</b> **<i>y</i>** `<u>`\n> quote\n| a | b |\n[ref]: http://evil\n***\n__x";
  const kinds = new Set(parse(source).flatMap((block) => [block.type, ...inline(block.text ?? "").map((piece) => piece.type)]));
  assert.ok([...kinds].every((kind) => ["heading", "paragraph", "list", "code", "text", "strong", "em"].includes(kind)));
});

test("no text is lost while a fence is still open", () => {
  assert.deepEqual(parse("```python\nlr = 1e-3"), [{ type: "code", lines: ["lr = 1e-3"] }]);
});

test("unfinished emphasis is shown as written", () => {
  assert.deepEqual(inline("is **not"), [{ type: "text", text: "is **not" }]);
});

test("a long hostile line is read in reasonable time", () => {
  const begun = performance.now();
  inline(`${"*a ".repeat(3000)}${"`".repeat(3000)}${"_".repeat(3000)}`);
  assert.ok(performance.now() - begun < 1000);
});
