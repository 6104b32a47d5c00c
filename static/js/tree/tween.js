/** Places on their way from where they were to where they shall be. */

const MOVE_MS = 250;

function ease(t) {
  return 1 - (1 - t) ** 3;
}

/** A move; a node that is new starts at its parent's old place, or where it shall stand. */
export function startMove(from, to, { nodes, now, isInstant }) {
  const begin = new Map();
  let hasMoved = false;
  for (const [id, place] of to) {
    const parent = nodes.get(id)?.parent ?? null;
    const start = from.get(id) ?? from.get(parent) ?? place;
    begin.set(id, start);
    hasMoved ||= start.x !== place.x || start.y !== place.y;
  }
  return { begin, to, startedAt: now, isOver: isInstant || !hasMoved };
}

/** Places at time `now`; sets `isOver` once they have arrived. */
export function placesAt(move, now) {
  const t = (now - move.startedAt) / MOVE_MS;
  if (move.isOver || t >= 1) {
    move.isOver = true;
    return move.to;
  }
  const eased = ease(Math.max(0, t));
  const places = new Map();
  for (const [id, end] of move.to) {
    const start = move.begin.get(id);
    places.set(id, { x: start.x + (end.x - start.x) * eased, y: start.y + (end.y - start.y) * eased });
  }
  return places;
}
