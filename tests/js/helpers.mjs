import { createRequire } from "node:module";

export const d3 = createRequire(import.meta.url)("../../static/vendor/d3.min.js");

export function aNode(id, parent, fields = {}) {
  return {
    id, parent, kind: parent === null ? "root" : "trial", state: "done", author: "researcher", label: "", hypothesis: "",
    score: null, interval: null, rows: 200, failure: "", pinned: false, pruned: false, pruned_reason: "", attempt: 1, ...fields,
  };
}

export function nodesOf(...list) {
  return new Map(list.map((node) => [node.id, node]));
}

export function anEvent(seq, kind, fields = {}) {
  return { seq, kind, at: "2026-01-31T12:00:00+00:00", actor: "search", node: null, attempt: null, data: {}, ...fields };
}
