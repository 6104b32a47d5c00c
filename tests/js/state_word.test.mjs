import assert from "node:assert/strict";
import { test } from "node:test";

import { stateWord } from "../../static/js/format.js";

test("a trial that the search stopped says so, and others say their state", () => {
  assert.equal(stateWord({ state: "cancelled", cause: "hopeless" }), "stopped early");
  assert.equal(stateWord({ state: "cancelled", cause: "" }), "cancelled");
  assert.equal(stateWord({ state: "running" }), "running");
});
