/** The legend's ends: the scores at which the colour scale is full. */

import { score } from "../format.js";

export function showLegend(root, { baseline, widest }) {
  const isKnown = baseline !== null;
  root.querySelector(".legend-scale").hidden = !isKnown;
  if (!isKnown) return;
  root.querySelector("#legend-low").textContent = score(baseline - widest);
  root.querySelector("#legend-high").textContent = score(baseline + widest);
}
