/** What was thought, chosen and asked for: reasoning by step, and the feed of acts. A pure fold over events. */

const FEED_KINDS = new Set(["selection", "steering", "project.created", "project.changed"]);
export const HISTORY_KINDS = ["reasoning", ...FEED_KINDS];
const FEED_LIMIT = 500;
const STEP_LIMIT = 200;

export function emptyHistory() {
  return { seq: 0, steps: [], feed: [], touched: new Set() };
}

function withReasoning(steps, event) {
  const { step, text, final } = event.data;
  const index = steps.findLastIndex((known) => known.step === step && known.node === event.node);
  if (index < 0) {
    steps.push({ step, node: event.node, text: text ?? "", final: Boolean(final), at: event.at, seq: event.seq });
    return;
  }
  const known = steps[index];
  steps[index] = { ...known, text: known.text + (text ?? ""), final: known.final || Boolean(final) };
}

/** Whether `event` only says what the act before it said: that the search is paused once it was paused. */
function isEcho(event, before) {
  return event.kind === "project.changed" && before?.kind === "steering" && before.node === null && before.seq === event.seq - 1;
}

/** The history after `events`; those at or before its `seq` are known already. `touched` holds the steps that changed. */
export function remember(history, events) {
  const steps = [...history.steps];
  const feed = [...history.feed];
  const touched = new Set();
  let { seq } = history;
  for (const event of events) {
    if (event.seq <= seq) continue;
    seq = event.seq;
    if (event.kind === "reasoning") {
      withReasoning(steps, event);
      touched.add(event.data.step);
    } else if (FEED_KINDS.has(event.kind) && !isEcho(event, feed.at(-1))) {
      feed.push(event);
    }
  }
  return { seq, steps: steps.slice(-STEP_LIMIT), feed: feed.slice(-FEED_LIMIT), touched };
}

/** One line for the feed: who did what to which node. */
export function sentence(event) {
  const { data, node } = event;
  switch (event.kind) {
    case "selection":
      return data.forced ? `chose node ${node} to expand, as asked` : `chose node ${node} to expand (${data.policy})`;
    case "steering":
      if (data.act === "expand") return `asked to expand node ${node}${data.count > 1 ? ` ${data.count} times` : ""}`;
      return node === null ? `${PAST[data.act] ?? data.act} the search` : `${PAST[data.act] ?? data.act} node ${node}`;
    case "project.created":
      return "created the project";
    default:
      return data.state ? `search is ${data.state}` : "changed the project";
  }
}

const PAST = {
  prune: "pruned", restore: "restored", pin: "pinned", unpin: "unpinned", pause: "paused", resume: "resumed", stop: "stopped",
  stop_early: "turned on early stopping in", let_finish: "turned off early stopping in",
};
