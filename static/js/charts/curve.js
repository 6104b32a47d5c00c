/** Training curves of one run, drawn by uPlot: one metric, with its evaluation twin where there is one. */

import { compact, plural } from "../format.js";
import { columns, holes } from "../live/run_stream.js";

const HEIGHT = 150;

/** The names to draw for metric `name`: `loss` brings `eval_loss` along. */
export function drawnWith(name, known) {
  return [name, `eval_${name}`].filter((each) => known.includes(each));
}

/** Loss first, then the others by name; twins are not listed by themselves. */
export function choices(known) {
  const own = known.filter((name) => !(name.startsWith("eval_") && known.includes(name.slice(5))));
  return own.sort((a, b) => (b === "loss") - (a === "loss") || a.localeCompare(b));
}

export class Curve {
  constructor({ root, uPlot, theme }) {
    Object.assign(this, { root, uPlot, theme });
    this.plotBox = root.querySelector("#curve-plot");
    this.picker = root.querySelector("#curve-metric");
    this.picker.addEventListener("change", () => this.show(this.run));
    this.plotBox.addEventListener("mouseleave", () => this.showLast());
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.plotBox);
  }

  destroy() {
    this.observer.disconnect();
    this.plot?.destroy();
  }

  setTheme(theme) {
    this.theme = theme;
    this.names = null;
    if (this.run) this.show(this.run);
  }

  show(run) {
    this.run = run;
    const known = [...run.series.keys()];
    this.root.hidden = !known.length;
    if (!known.length) return;
    this.offer(choices(known));
    const names = drawnWith(this.picker.value, known);
    const data = columns(run, names);
    if (this.names?.join() === names.join()) this.plot.setData(data);
    else this.build(names, data);
    this.describe(names, data);
    this.showLast();
  }

  /** The legend tells the newest values while no cursor asks for others. */
  showLast() {
    if (this.plot && this.plot.cursor.idx == null) this.plot.setLegend({ idx: this.plot.data[0].length - 1 });
  }

  offer(names) {
    const present = [...this.picker.options].map((option) => option.value);
    if (present.join() === names.join()) return;
    const chosen = this.picker.value;
    this.picker.replaceChildren(...names.map((name) => new Option(name, name)));
    if (names.includes(chosen)) this.picker.value = chosen;
  }

  build(names, data) {
    this.plot?.destroy();
    this.names = names;
    const { theme } = this;
    const axis = { stroke: theme.faint, font: `11px ${theme.sans}`, grid: { stroke: theme.line, width: 1 }, ticks: { show: false } };
    const series = names.map((name, index) => ({
      label: name, stroke: theme[`curve-${index + 1}`], width: 1.75, spanGaps: name.startsWith("eval_"),
      points: { show: (plot) => name.startsWith("eval_") || plot.data[0].length < 3, size: 5 }, value: (plot, value) => compact(value),
    }));
    const options = {
      width: this.plotBox.clientWidth || 300, height: HEIGHT, legend: { live: true }, cursor: { y: false },
      scales: { x: { time: false } }, series: [{ label: "step" }, ...series],
      axes: [{ ...axis, size: 24, gap: 2 }, { ...axis, size: 52, values: (plot, ticks) => ticks.map(compact) }],
    };
    this.plot = new this.uPlot(options, data, this.plotBox);
  }

  describe([name], data) {
    const last = data[1].findLastIndex((value) => value !== null);
    const count = holes(this.run, name);
    this.root.querySelector("#curve-note").textContent = count ? plural(count, "value that is not a number", "values that are not numbers") : "";
    const text = last < 0 ? "" : `${name} ${compact(data[1][last])} at step ${data[0][last]}`;
    this.root.querySelector("#curve-last").textContent = text;
  }

  resize() {
    const width = this.plotBox.clientWidth;
    if (this.plot && width && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }
}
