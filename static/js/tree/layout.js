/** Where each node stands: root at the left, children to the right, siblings from top to bottom in order of creation. */

export const CARD = { width: 166, height: 44 };
export const STEP = { across: 206, down: 58 };

/** The shift that leaves most nodes where they were: the median of what each would have to move. */
function medianShift(places, previous) {
  const shifts = [];
  for (const [id, place] of places) if (previous.has(id)) shifts.push(previous.get(id).y - place.y);
  if (!shifts.length) return 0;
  shifts.sort((a, b) => a - b);
  return shifts[Math.floor(shifts.length / 2)];
}

/**
 * Places by node number, {x, y} in pixels at scale 1: the centre of a node's glyph, its card to the right of it.
 *
 * previous: the places before, or an empty map. A tidy tree is centred over its children, so that one new leaf would move every node; anchoring
 * on the median lets the new leaf move only its own branch.
 */
export function layout(nodes, { children, root, d3, previous = new Map() }) {
  if (root === null) return new Map();
  const hierarchy = d3.hierarchy(root, (id) => children.get(id));
  const tidy = d3.tree().nodeSize([STEP.down, STEP.across]).separation((a, b) => (a.parent === b.parent ? 1 : 1.15));
  const places = new Map();
  tidy(hierarchy).each((point) => places.set(point.data, { x: point.y, y: point.x }));
  const shift = medianShift(places, previous);
  // Eighths of a pixel: rounding errors of the sums must not pass for moves.
  for (const place of places.values()) place.y = Math.round((place.y + shift) * 8) / 8;
  return places;
}

/** The rectangle that holds all cards, or null without nodes. */
export function bounds(places) {
  if (!places.size) return null;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of places.values()) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const half = CARD.height / 2;
  return { left: left - half, top: top - half, right: right + CARD.width, bottom: bottom + half };
}

/** What lies over the view's borders: buttons above, the legend below. */
const MARGIN = { side: 30, top: 52, bottom: 52 };

/** The transform {x, y, k} that shows `box` whole in a view of that size. */
export function fitTransform(box, { width, height, largest = 1.15, smallest = 0.05 }) {
  const boxWidth = Math.max(1, box.right - box.left);
  const boxHeight = Math.max(1, box.bottom - box.top);
  const scale = Math.min((width - 2 * MARGIN.side) / boxWidth, (height - MARGIN.top - MARGIN.bottom) / boxHeight);
  const k = Math.max(smallest, Math.min(largest, scale));
  return { k, x: width / 2 - (k * (box.left + box.right)) / 2, y: (height + MARGIN.top - MARGIN.bottom) / 2 - (k * (box.top + box.bottom)) / 2 };
}
