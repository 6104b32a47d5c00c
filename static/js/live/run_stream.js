/** What one node's run has printed and measured: a pure fold over `metric`, `log` and `progress` events. */

export const RUN_KINDS = ["metric", "log", "progress", "stage"];
const LINE_LIMIT = 2000;
const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
const WORDS = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };

export function emptyRun() {
  return { seq: 0, attempt: 0, steps: [], series: new Map(), lines: [], dropped: 0, progress: null };
}

/** A line as a terminal would leave it: colours gone, and only what follows the last carriage return. */
export function cleanLine(text) {
  const plain = String(text).replace(ANSI, "").replace(/\r+$/, "");
  return plain.slice(plain.lastIndexOf("\r") + 1);
}

/** A metric's value as a number: NaN and the infinities come as strings, for JSON has none. */
export function toNumber(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" && Object.hasOwn(WORDS, value) ? WORDS[value] : null;
}

function addPoints(run, points) {
  for (const point of points) {
    let index = run.steps.lastIndexOf(point.step);
    if (index < 0) index = run.steps.push(point.step) - 1;
    for (const [name, raw] of Object.entries(point.values)) {
      const value = toNumber(raw);
      if (value === null) continue;
      if (!run.series.has(name)) run.series.set(name, []);
      run.series.get(name)[index] = value;
    }
  }
}

function addLines(run, lines) {
  for (const line of lines) run.lines.push({ level: line.level ?? "info", text: cleanLine(line.text) });
  const surplus = run.lines.length - LINE_LIMIT;
  if (surplus > 0) {
    run.lines.splice(0, surplus);
    run.dropped += surplus;
  }
}

function beginAttempt(run, attempt) {
  if (run.attempt > 0) addLines(run, [{ level: "notice", text: `— attempt ${attempt} —` }]);
  run.attempt = attempt;
  run.steps = [];
  run.series = new Map();
  run.progress = null;
}

/** Adds `events` to `run`, in place; returns which of "lines", "points" and "progress" grew. Known events change nothing. */
export function extendRun(run, events) {
  const grown = new Set();
  for (const event of events) {
    if (event.seq <= run.seq) continue;
    run.seq = event.seq;
    if (event.attempt && event.attempt > run.attempt) beginAttempt(run, event.attempt);
    if (event.kind === "metric") addPoints(run, event.data.points);
    else if (event.kind === "log") addLines(run, event.data.lines);
    else if (event.kind === "progress") run.progress = event.data;
    else if (event.kind === "stage" && event.data.status === "finished") run.progress = null;
    grown.add({ metric: "points", log: "lines" }[event.kind] ?? "progress");
  }
  return grown;
}

/** Columns for a chart: steps in order, then one column for each name; a value that is not finite is a hole. */
export function columns(run, names) {
  const order = run.steps.map((step, index) => index).sort((a, b) => run.steps[a] - run.steps[b]);
  const column = (values) => order.map((index) => (Number.isFinite(values[index]) ? values[index] : null));
  return [order.map((index) => run.steps[index]), ...names.map((name) => column(run.series.get(name) ?? []))];
}

/** How many values of a series are NaN or infinite. */
export function holes(run, name) {
  return (run.series.get(name) ?? []).filter((value) => value !== undefined && !Number.isFinite(value)).length;
}
