/** The side panel: one node's page, kept fresh by its events, with the run's curve and log beside it. */

import { Curve } from "../charts/curve.js";
import { fetchEvents } from "../live/api.js";
import { emptyRun, extendRun, RUN_KINDS } from "../live/run_stream.js";
import { LogView } from "./log_view.js";
import { enhance, fetchPanel, fingerprints, swapParts } from "./parts.js";

const REFRESH_MS = 120;
const REFRESH_KINDS = new Set(["node.changed", "steering", "stage", "data", "selection", "estimate", "intermediate", "comparison", "export"]);

export class NodePanel {
  constructor({ box, nodeUrl, eventsUrl, uPlot, theme }) {
    Object.assign(this, { box, nodeUrl, eventsUrl, uPlot, theme });
    this.node = null;
    this.empty = [...box.childNodes];
    this.turn = 0;
  }

  urlOf(node) {
    return this.nodeUrl.replace(/\/0\/$/, `/${node}/`);
  }

  /** Shows a node, or with null the advice to select one. */
  async open(node) {
    if (node === this.node) return;
    this.node = node;
    const turn = (this.turn += 1);
    clearTimeout(this.timer);
    this.curve?.destroy();
    this.panel = this.curve = this.log = null;
    this.run = emptyRun();
    this.live = [];
    this.isFilled = false;
    if (node === null) {
      this.box.replaceChildren(...this.empty);
      return;
    }
    this.box.setAttribute("aria-busy", "true");
    try {
      const panel = await fetchPanel(this.urlOf(node));
      if (turn === this.turn) this.mount(panel);
      if (turn === this.turn) await this.fill(turn);
    } catch (error) {
      if (turn === this.turn) this.fail(error);
    } finally {
      if (turn === this.turn) this.box.removeAttribute("aria-busy");
    }
  }

  /** Begins anew with the same node: events were missed. */
  reopen() {
    const { node } = this;
    if (node === null) return;
    this.node = undefined;
    this.open(node);
  }

  mount(panel) {
    this.seen = fingerprints(panel);
    this.box.replaceChildren(panel);
    this.box.closest("aside").scrollTop = 0;
    this.panel = panel;
    enhance(panel);
    globalThis.htmx?.process(panel);
    this.curve = new Curve({ root: panel.querySelector("#run-curve"), uPlot: this.uPlot, theme: this.theme });
    this.log = new LogView(panel.querySelector("#run-log"));
  }

  /** Reads the run's past; what arrives meanwhile waits and follows, without what the past told already. */
  async fill(turn) {
    const onPage = (events) => turn === this.turn && this.extend(events);
    await fetchEvents(this.eventsUrl, { kinds: RUN_KINDS, node: this.node, onPage });
    if (turn !== this.turn) return;
    this.isFilled = true;
    this.extend(this.live.splice(0));
  }

  fail(error) {
    this.node = null;
    const note = document.createElement("p");
    note.className = "alert";
    note.setAttribute("role", "alert");
    note.textContent = `This node cannot be shown: ${error.message}.`;
    this.box.replaceChildren(note);
  }

  /** Takes the events of the whole project and picks its own. */
  receive(events) {
    const own = events.filter((event) => event.node === this.node);
    if (this.node === null || !own.length) return;
    if (own.some((event) => REFRESH_KINDS.has(event.kind))) this.refreshSoon();
    const ofRun = own.filter((event) => RUN_KINDS.includes(event.kind));
    if (this.isFilled) this.extend(ofRun);
    else this.live.push(...ofRun);
  }

  extend(events) {
    const grown = extendRun(this.run, events);
    if (!this.panel) return;
    if (grown.has("lines")) this.log.show(this.run);
    if (grown.has("points")) this.curve.show(this.run);
    if (grown.has("progress")) this.showProgress();
  }

  showProgress() {
    const { progress } = this.run;
    const box = this.panel.querySelector("#run-progress");
    box.hidden = !progress;
    if (!progress) return;
    const bar = box.querySelector("progress");
    bar.max = progress.total || 1;
    bar.value = progress.done;
    box.querySelector("label").textContent = `${progress.stage}: ${progress.done} of ${progress.total} ${progress.unit}`;
  }

  refreshSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), REFRESH_MS);
  }

  async refresh() {
    const { turn } = this;
    if (!this.panel) return;
    try {
      const fresh = await fetchPanel(this.urlOf(this.node));
      if (turn !== this.turn) return;
      swapParts(this.panel, fresh, this.seen);
      this.panel.querySelector(".panel-pending").textContent = "";
    } catch (error) {
      this.showAlert(`The panel may be out of date: ${error.message}.`);
    }
  }

  showAlert(text) {
    const alert = this.panel?.querySelector("#panel-alert");
    if (alert) alert.textContent = text;
  }

  setTheme(theme) {
    this.theme = theme;
    this.curve?.setTheme(theme);
  }
}
