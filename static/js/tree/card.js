/** One node on the canvas: its card at reading scale, its glyph, and the text beside it at smaller ones. */

import { delta, score, shorten, stateWord } from "../format.js";
import { badgeText } from "./collapse.js";
import { drawGlyph, drawStar, RADIUS } from "./glyph.js";
import { CARD } from "./layout.js";
import { CARD_LEFT, isReading, LABEL_SCALE, SCORE_SCALE, smallRadius } from "./levels.js";

function firstLine(node) {
  const name = node.kind === "root" ? "Baseline" : `#${node.id}`;
  return node.score === null ? `${name}  ${stateWord(node)}` : `${name}  ${score(node.score)}`;
}

export function drawCard(ctx, scene, node, { x, y }) {
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

/** The glyph with what belongs to it at this scale: score, label, star, badge. */
export function drawMark(ctx, scene, node, place) {
  const { theme, family, colour, turn, selected, hovered, transform } = scene;
  const reading = isReading(transform.k);
  const radius = reading ? RADIUS : smallRadius(transform.k);
  if (!reading && (node.id === selected || node.id === hovered || node.id === family.best)) {
    ctx.strokeStyle = node.id === selected ? theme.accent : theme["edge-best"];
    ctx.lineWidth = 2 / transform.k;
    ctx.beginPath();
    ctx.arc(place.x, place.y, radius + 3 / transform.k, 0, 2 * Math.PI);
    ctx.stroke();
  }
  drawGlyph(ctx, { ...place, node, radius, theme, turn, colour: colour(node.score), isPruned: family.pruned.has(node.id) });
  if (!reading && transform.k >= SCORE_SCALE) drawScore(ctx, scene, node, place);
  if (scene.hidden.has(node.id)) drawBadge(ctx, scene, node, place);
  if (!node.pinned) return;
  ctx.fillStyle = theme.pin;
  // On the card's corner, where no text can run into it.
  const corner = { x: place.x + CARD_LEFT + CARD.width - 3, y: place.y - CARD.height / 2 + 2 };
  drawStar(ctx, reading ? corner.x : place.x - radius, reading ? corner.y : place.y - radius, reading ? 8 : radius);
}

/** Text beside a glyph, in the same size on the screen at every scale, kept clear of the edges that pass behind it. */
function drawBeside(ctx, { theme, k }, text, { x, y }) {
  ctx.strokeStyle = theme.ground;
  ctx.lineWidth = 4 / k;
  ctx.lineJoin = "round";
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
}

/** Below a collapsed node: how much it hides, and the best of it. */
function drawBadge(ctx, { theme, hidden, transform: { k } }, node, { x, y }) {
  const size = isReading(k) ? 11 : 10.5 / k;
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.accent;
  ctx.font = `600 ${size}px ${theme.sans}`;
  drawBeside(ctx, { theme, k }, badgeText(hidden.get(node.id), score), { x: isReading(k) ? x + CARD_LEFT + 6 : x + 10 / k, y: y + CARD.height / 2 + 11 });
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
