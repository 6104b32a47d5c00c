/** The legend's ends: the scores at which the colour scale is full. */

import { score } from "../format.js";

export function showLegend(root, { ends }) {
  root.querySelector(".legend-scale").hidden = ends === null;
  if (ends === null) return;
  root.querySelector("#legend-low").textContent = score(ends.low);
  root.querySelector("#legend-high").textContent = score(ends.high);
}
