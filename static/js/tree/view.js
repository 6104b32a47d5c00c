/** The tree on its canvas: it holds places and viewport, and paints a frame only when something changed. */

import { reach, scoreScale } from "./colour.js";
import { bounds, CARD, fitTransform, layout } from "./layout.js";
import { paint } from "./paint.js";
import { placesAt, startMove } from "./tween.js";

const TURN_MS = 1400;

export class TreeView {
  constructor({ canvas, d3, theme, wantsStill, onPick, onHover, onGesture }) {
    Object.assign(this, { canvas, d3, theme, wantsStill, onPick, onHover, onGesture });
    this.context = canvas.getContext("2d");
    this.nodes = this.all = new Map();
    this.places = new Map();
    this.move = { to: this.places, isOver: true };
    this.transform = d3.zoomIdentity;
    this.selected = this.hovered = null;
    this.isDirty = false;
    this.size = { width: 0, height: 0 };
    this.zoom = d3.zoom().scaleExtent([0.03, 2.5]).on("zoom", (event) => this.zoomed(event));
    d3.select(canvas).call(this.zoom).on("dblclick.zoom", null);
    canvas.addEventListener("click", (event) => this.onPick(this.nodeAt(event)));
    canvas.addEventListener("pointermove", (event) => this.hover(event));
    canvas.addEventListener("pointerleave", () => this.setHovered(null));
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement);
    this.resize();
  }

  /** Shows `nodes`; places move to where the new layout wants them. `hidden`: what collapsed nodes hide; `all`: those too. */
  show(nodes, family, { hidden, all }) {
    const now = performance.now();
    const places = layout(nodes, { ...family, d3: this.d3, previous: this.move.to });
    this.move = startMove(placesAt(this.move, now), places, { nodes, now, isInstant: this.wantsStill() || !this.nodes.size });
    Object.assign(this, { nodes, family, hidden, all });
    this.index = this.d3.quadtree([...places.keys()], (id) => places.get(id).x + CARD.width / 2, (id) => places.get(id).y);
    this.recolour();
  }

  recolour() {
    const scores = [...this.all.values()].filter((node) => node.state === "done" && node.score !== null).map((node) => node.score);
    const baseline = this.all.get(this.family?.root)?.score ?? null;
    const maximise = this.family?.maximise ?? true;
    this.range = { baseline, maximise, ends: baseline === null ? null : reach(scores, baseline) };
    const palette = { low: this.theme["score-low"], middle: this.theme["score-middle"], high: this.theme["score-high"] };
    this.colour = scoreScale({ palette, ...this.range });
    this.invalidate();
  }

  setTheme(theme) {
    this.theme = theme;
    this.recolour();
  }

  select(id) {
    this.selected = id;
    this.invalidate();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    this.size = { width, height };
    this.ratio = globalThis.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.paintNow();
  }

  zoomed(event) {
    this.transform = event.transform;
    if (event.sourceEvent) this.onGesture();
    this.invalidate();
  }

  fit({ isInstant = false } = {}) {
    const box = bounds(this.move.to);
    if (!box || !this.size.width) return;
    const { x, y, k } = fitTransform(box, this.size);
    this.goTo(this.d3.zoomIdentity.translate(x, y).scale(k), isInstant);
  }

  /** Brings a node's card to the middle, at a scale that can be read. */
  centre(id) {
    const place = this.move.to.get(id);
    if (!place) return;
    const k = Math.max(this.transform.k, 0.8);
    const { width, height } = this.size;
    this.goTo(this.d3.zoomIdentity.translate(width / 2 - k * (place.x + CARD.width / 2), height / 2 - k * place.y).scale(k), false);
  }

  goTo(transform, isInstant) {
    const selection = this.d3.select(this.canvas);
    selection.interrupt();
    if (isInstant || this.wantsStill()) selection.call(this.zoom.transform, transform);
    else selection.transition().duration(250).call(this.zoom.transform, transform);
  }

  isVisible(id) {
    const place = this.move.to.get(id);
    if (!place) return false;
    const [x, y] = this.transform.apply([place.x, place.y]);
    return x >= 0 && y >= 0 && y <= this.size.height && x + CARD.width * this.transform.k <= this.size.width + 8;
  }

  /** The number of the node under the pointer, or null. */
  nodeAt(event) {
    const [x, y] = this.transform.invert(this.d3.pointer(event, this.canvas));
    const id = this.index?.find(x, y, CARD.width);
    const place = this.move.to.get(id);
    if (!place) return null;
    const isInside = Math.abs(y - place.y) <= CARD.height / 2 && x >= place.x - 16 && x <= place.x + CARD.width;
    return isInside ? id : null;
  }

  hover(event) {
    this.setHovered(event.buttons ? null : this.nodeAt(event));
  }

  setHovered(id) {
    if (id === this.hovered) return;
    this.hovered = id;
    this.canvas.style.cursor = id === null ? "" : "pointer";
    this.onHover(id);
    this.invalidate();
  }

  /** Where a node's card lies on the screen, relative to the canvas. */
  screenPlace(id) {
    const { x, y } = this.move.to.get(id);
    const [left, top] = this.transform.apply([x - 15, y - CARD.height / 2]);
    return { left, top, bottom: top + CARD.height * this.transform.k };
  }

  invalidate() {
    if (this.isDirty) return;
    this.isDirty = true;
    requestAnimationFrame(() => this.paintNow());
  }

  paintNow() {
    this.isDirty = false;
    if (!this.family || !this.size.width) return;
    const now = performance.now();
    this.places = placesAt(this.move, now);
    const still = this.wantsStill();
    const turn = still ? -Math.PI / 2 : ((now % TURN_MS) / TURN_MS) * 2 * Math.PI;
    paint(this.context, { ...this.size, ...this, turn });
    const isTurning = !still && this.canvas.offsetParent !== null && [...this.nodes.values()].some((node) => node.state === "running");
    if (!this.move.isOver || isTurning) this.invalidate();
  }
}
