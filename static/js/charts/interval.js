/** A score's interval as a small bar, with ticks where the baseline and the parent stand. */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 400;
const MIDDLE = 11;

function shape(tag, className, attributes) {
  const made = document.createElementNS(SVG, tag);
  made.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** The span of the scale: all values with some air, inside 0 to 1 where all of them are. */
export function span(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = Math.max(0.02, (high - low) * 0.15);
  const isShare = low >= 0 && high <= 1;
  return isShare ? [Math.max(0, low - air), Math.min(1, high + air)] : [low - air, high + air];
}

function label(x, text) {
  const made = shape("text", "interval-label", { x: Math.max(24, Math.min(WIDTH - 24, x)), y: 32, "text-anchor": "middle" });
  made.textContent = text;
  return made;
}

/** Fills every `.interval` in `root` from its data attributes. */
export function drawIntervals(root) {
  for (const box of root.querySelectorAll(".interval")) {
    const known = Object.fromEntries(Object.entries(box.dataset).map(([name, value]) => [name, Number(value)]));
    const [from, to] = span(Object.values(known));
    const at = (value) => ((value - from) / (to - from)) * WIDTH;
    const picture = shape("svg", "", { viewBox: `0 0 ${WIDTH} 36`, "aria-hidden": "true" });
    picture.append(shape("line", "interval-axis", { x1: 0, x2: WIDTH, y1: MIDDLE, y2: MIDDLE }));
    const width = Math.max(2, at(known.high) - at(known.low));
    picture.append(shape("rect", "interval-bar", { x: at(known.low), y: MIDDLE - 4, width, height: 8, rx: 2 }));
    for (const name of ["baseline", "parent"]) {
      if (!(name in known) || (name === "parent" && Math.abs(at(known.parent) - at(known.baseline)) < 60)) continue;
      picture.append(shape("line", `interval-${name}`, { x1: at(known[name]), x2: at(known[name]), y1: 2, y2: 20 }), label(at(known[name]), name));
    }
    picture.append(shape("circle", "interval-value", { cx: at(known.value), cy: MIDDLE, r: 4.5 }));
    box.replaceChildren(picture);
  }
}
