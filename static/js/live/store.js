/**
 * The state of one project as a fold over its event log.
 *
 * A snapshot is the state after event `seq`; each event then applies once and in order. An event that was seen before changes nothing;
 * one that comes too early is not applied and leaves `gap`, which asks for a new snapshot.
 */

export function fromSnapshot(snapshot) {
  const nodes = new Map(snapshot.nodes.map((node) => [node.id, node]));
  return { seq: snapshot.seq, gap: null, project: snapshot.project, nodes };
}

function fold(state, event) {
  switch (event.kind) {
    case "project.created":
    case "project.changed": {
      const { reason, ...fields } = event.data;
      state.project = { ...state.project, ...fields };
      break;
    }
    case "node.created":
      state.nodes.set(event.data.id ?? event.node, event.data);
      break;
    case "node.changed":
      if (state.nodes.has(event.node)) {
        state.nodes.set(event.node, { ...state.nodes.get(event.node), ...event.data });
      }
      break;
  }
  state.seq = event.seq;
}

/** The next state and the events that were new to it; the given state is left as it was. */
export function applyEvents(state, events) {
  const next = { ...state, nodes: new Map(state.nodes) };
  const fresh = [];
  for (const event of events) {
    if (event.seq <= next.seq) continue;
    if (event.seq > next.seq + 1) {
      next.gap = { expected: next.seq + 1, got: event.seq };
      break;
    }
    fold(next, event);
    fresh.push(event);
  }
  return fresh.length || next.gap ? { state: next, fresh } : { state, fresh };
}
