/** Draws the tree on a 2D context: edges, then cards with their glyphs. What lies outside the view is left out. */

import { drawCard, drawMark } from "./card.js";
import { CARD } from "./layout.js";
import { CARD_LEFT, isReading, LABEL_SCALE, SCORE_SCALE, smallRadius } from "./levels.js";

function viewOf({ width, height, transform: { x, y, k } }) {
  return { left: -x / k - CARD.width, right: (width - x) / k + 24, top: -y / k - CARD.height, bottom: (height - y) / k + CARD.height };
}

function isIn(view, { x, y }) {
  return x >= view.left && x <= view.right && y >= view.top && y <= view.bottom;
}

/** How far an edge runs straight on from its node, so that it bends beyond the node's card or text. */
function leadOf(k) {
  if (k >= LABEL_SCALE) return CARD_LEFT + CARD.width;
  return k >= SCORE_SCALE ? CARD.width * 0.45 : 0;
}

function drawEdge(ctx, from, to, { reading, k }) {
  const start = from.x + leadOf(k);
  const end = to.x + (reading ? CARD_LEFT : -smallRadius(k));
  const middle = (start + end) / 2;
  ctx.beginPath();
  ctx.moveTo(reading ? start : from.x + smallRadius(k), from.y);
  ctx.lineTo(start, from.y);
  ctx.bezierCurveTo(middle, from.y, middle, to.y, end, to.y);
  ctx.stroke();
}

function drawEdges(ctx, scene, view) {
  const { nodes, places, family, theme, transform } = scene;
  const level = { reading: isReading(transform.k), k: transform.k };
  const later = [];
  ctx.lineWidth = Math.max(1.25, 1 / transform.k);
  ctx.strokeStyle = theme.edge;
  for (const [id, place] of places) {
    const from = places.get(nodes.get(id)?.parent);
    if (!from || Math.max(from.y, place.y) < view.top || Math.min(from.y, place.y) > view.bottom) continue;
    if (place.x < view.left || from.x > view.right) continue;
    if (family.bestPath.has(id)) {
      later.push([from, place]);
      continue;
    }
    ctx.globalAlpha = family.pruned.has(id) ? 0.45 : 1;
    ctx.setLineDash(family.pruned.has(id) ? [4, 4] : []);
    drawEdge(ctx, from, place, level);
  }
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = theme["edge-best"];
  ctx.lineWidth = Math.max(2, 1.75 / transform.k);
  for (const [from, to] of later) drawEdge(ctx, from, to, level);
}

/** Paints one frame. `scene`: nodes, places, family, transform, size, theme, colour, selected, hovered, turn, ratio. */
export function paint(ctx, scene) {
  const { ratio, width, height, transform, nodes, places, family } = scene;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.translate(transform.x, transform.y);
  ctx.scale(transform.k, transform.k);
  const view = viewOf(scene);
  drawEdges(ctx, scene, view);
  for (const [id, place] of places) {
    const node = nodes.get(id);
    if (!node || !isIn(view, place)) continue;
    ctx.globalAlpha = family.pruned.has(id) ? 0.42 : 1;
    if (isReading(transform.k)) drawCard(ctx, scene, node, place);
    drawMark(ctx, scene, node, place);
  }
  ctx.globalAlpha = 1;
}
