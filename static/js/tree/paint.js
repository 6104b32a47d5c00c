/** Draws the tree on a 2D context: edges, then cards with their glyphs. What lies outside the view is left out. */

import { delta, score, shorten } from "../format.js";
import { drawGlyph, drawStar, RADIUS } from "./glyph.js";
import { CARD } from "./layout.js";

// Below the first scale a card's text is too small to read: glyphs with score and label instead, then with
// scores, then alone.
const READING_SCALE = 0.7;
const LABEL_SCALE = 0.55;
const SCORE_SCALE = 0.3;
const CARD_LEFT = -15;

/** Whether cards are drawn at scale `k`. */
function isReading(k) {
  return k >= READING_SCALE;
}

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
  const end = to.x + (reading ? CARD_LEFT : -6 / k);
  const middle = (start + end) / 2;
  ctx.beginPath();
  ctx.moveTo(reading ? start : from.x + 6 / k, from.y);
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

function firstLine(node) {
  const name = node.kind === "root" ? "Baseline" : `#${node.id}`;
  return node.score === null ? `${name}  ${node.state}` : `${name}  ${score(node.score)}`;
}

function drawCard(ctx, scene, node, { x, y }) {
  const { theme, selected, hovered, family, nodes } = scene;
  const top = y - CARD.height / 2;
  const left = x + CARD_LEFT;
  ctx.fillStyle = theme.surface;
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  if (family.bestPath.has(node.id)) ctx.strokeStyle = theme["edge-best"];
  if (node.id === hovered) ctx.strokeStyle = theme.muted;
  if (node.id === selected) [ctx.strokeStyle, ctx.lineWidth] = [theme.accent, 2.5];
  ctx.beginPath();
  ctx.roundRect(left, top, CARD.width, CARD.height, 7);
  ctx.fill();
  ctx.stroke();
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  ctx.font = `${node.id === family.best ? 700 : 600} 12.5px ${theme.sans}`;
  const name = firstLine(node);
  ctx.fillText(name, x + 16, y - 8);
  const parent = nodes.get(node.parent);
  if (node.score !== null && parent && parent.score !== null) {
    const width = ctx.measureText(name).width;
    ctx.fillStyle = theme.muted;
    ctx.font = `11px ${theme.sans}`;
    ctx.fillText(delta(node.score - parent.score), x + 22 + width, y - 8);
  }
  ctx.fillStyle = theme.muted;
  ctx.font = `11px ${theme.sans}`;
  ctx.fillText(shorten(node.label || (node.kind === "root" ? "untrained model" : ""), 24), x + 16, y + 9, CARD.width - 38);
}

function drawMark(ctx, scene, node, place) {
  const { theme, family, colour, turn, selected, hovered, transform } = scene;
  const reading = isReading(transform.k);
  const radius = reading ? RADIUS : Math.min(16, 6 / transform.k);
  if (!reading && (node.id === selected || node.id === hovered || node.id === family.best)) {
    ctx.strokeStyle = node.id === selected ? theme.accent : theme["edge-best"];
    ctx.lineWidth = 2 / transform.k;
    ctx.beginPath();
    ctx.arc(place.x, place.y, radius + 3 / transform.k, 0, 2 * Math.PI);
    ctx.stroke();
  }
  drawGlyph(ctx, { ...place, node, radius, theme, turn, colour: colour(node.score), isPruned: family.pruned.has(node.id) });
  if (!reading && transform.k >= SCORE_SCALE) drawScore(ctx, scene, node, place);
  if (!node.pinned) return;
  ctx.fillStyle = theme.pin;
  drawStar(ctx, reading ? place.x + CARD_LEFT + CARD.width - 13 : place.x - radius, place.y - (reading ? 9 : radius), reading ? 7 : radius);
}

/** Text beside a glyph, in the same size on the screen at every scale, kept clear of the edges that pass behind it. */
function drawBeside(ctx, { theme, k }, text, { x, y }) {
  ctx.strokeStyle = theme.ground;
  ctx.lineWidth = 4 / k;
  ctx.lineJoin = "round";
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
}

function drawScore(ctx, { theme, family, transform: { k } }, node, { x, y }) {
  const isBest = node.id === family.best;
  ctx.textBaseline = "middle";
  ctx.fillStyle = isBest || k >= LABEL_SCALE ? theme.text : theme.muted;
  ctx.font = `${isBest ? 700 : 600} ${11 / k}px ${theme.sans}`;
  const name = node.score === null ? `#${node.id}` : score(node.score);
  drawBeside(ctx, { theme, k }, k < LABEL_SCALE ? name : firstLine(node), { x: x + 10 / k, y: y - 9 / k });
  if (k < LABEL_SCALE) return;
  ctx.fillStyle = theme.muted;
  ctx.font = `${10.5 / k}px ${theme.sans}`;
  drawBeside(ctx, { theme, k }, shorten(node.label, Math.floor(32 * k)), { x: x + 10 / k, y: y + 10 / k });
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
