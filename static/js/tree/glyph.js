/** The mark of one node: colour for its score, shape for its state. `turn` is the angle of the running ring. */

export const RADIUS = 9;

function circle(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
}

function line(ctx, ...points) {
  ctx.beginPath();
  ctx.moveTo(points[0], points[1]);
  for (let at = 2; at < points.length; at += 2) ctx.lineTo(points[at], points[at + 1]);
  ctx.stroke();
}

function drawDone(ctx, { x, y, radius, colour, node }) {
  ctx.fillStyle = colour;
  if (node.kind === "root") {
    ctx.beginPath();
    ctx.roundRect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8, 2);
  } else {
    circle(ctx, x, y, radius);
  }
  ctx.fill();
}

function drawRunning(ctx, { x, y, radius, theme, turn }) {
  ctx.strokeStyle = theme.line;
  circle(ctx, x, y, radius - 1);
  ctx.stroke();
  ctx.strokeStyle = theme.accent;
  ctx.beginPath();
  ctx.arc(x, y, radius - 1, turn, turn + 1.5 * Math.PI);
  ctx.stroke();
  ctx.fillStyle = theme.accent;
  circle(ctx, x, y, radius * 0.32);
  ctx.fill();
}

function drawQueued(ctx, { x, y, radius, theme }) {
  ctx.strokeStyle = theme.faint;
  circle(ctx, x, y, radius - 1);
  ctx.stroke();
}

function drawFailed(ctx, { x, y, radius, theme }) {
  const arm = radius * 0.62;
  ctx.strokeStyle = theme.danger;
  line(ctx, x - arm, y - arm, x + arm, y + arm);
  line(ctx, x - arm, y + arm, x + arm, y - arm);
}

function drawCancelled(ctx, { x, y, radius, theme }) {
  ctx.strokeStyle = theme.faint;
  line(ctx, x - radius * 0.75, y, x + radius * 0.75, y);
}

const SHAPES = { done: drawDone, running: drawRunning, queued: drawQueued, failed: drawFailed, cancelled: drawCancelled };

export function drawGlyph(ctx, mark) {
  ctx.lineWidth = 2;
  (SHAPES[mark.node.state] ?? drawQueued)(ctx, mark);
  if (mark.isPruned) {
    ctx.strokeStyle = mark.theme.muted;
    ctx.lineWidth = 1.5;
    const arm = mark.radius * 1.25;
    line(ctx, mark.x - arm, mark.y + arm, mark.x + arm, mark.y - arm);
  }
}

/** A five-pointed star around (x, y). */
export function drawStar(ctx, x, y, radius) {
  ctx.beginPath();
  for (let point = 0; point < 10; point += 1) {
    const reach = point % 2 ? radius * 0.42 : radius;
    const angle = (point * Math.PI) / 5 - Math.PI / 2;
    ctx.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  ctx.closePath();
  ctx.fill();
}
