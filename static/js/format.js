/** Numbers as people read them. Nothing here touches the document. */

const MISSING = "–";

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/** A score with three decimals, or a dash while there is none. */
export function score(value) {
  return isNumber(value) ? value.toFixed(3) : MISSING;
}

/** A difference with its sign; a real minus, so that columns line up. */
export function delta(value) {
  if (!isNumber(value)) return MISSING;
  const text = Math.abs(value).toFixed(3);
  if (Number(text) === 0) return "±0.000";
  return (value < 0 ? "−" : "+") + text;
}

export function interval(bounds) {
  return bounds ? `${score(bounds[0])} to ${score(bounds[1])}` : "";
}

/** Seconds as "0.4 s", "12 s", "1 min 05 s" or "2 h 03 min". */
export function duration(seconds) {
  if (!isNumber(seconds) || seconds < 0) return MISSING;
  if (seconds < 0.05) return "<0.1 s";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pad = (value) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A node's state in one word; a trial that the search stopped as hopeless is more than cancelled. */
export function stateWord(node) {
  return node.cause === "hopeless" ? "stopped early" : node.state;
}

export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** The local time of an ISO timestamp as "14:05:09". */
export function clock(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** At most `limit` characters, ended by an ellipsis where something was cut. */
export function shorten(text, limit) {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).trimEnd()}…`;
}

/** Significant digits for a chart or a log: 0.001, 1.92, 12300. */
export function compact(value) {
  if (!isNumber(value)) return MISSING;
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
