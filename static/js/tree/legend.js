/** The legend of the colour scale: each side of the baseline that has scores, with where it begins and where it is full. */

import { score } from "../format.js";

function showSide(root, side, ends) {
  const part = root.querySelector(`[data-side="${side}"]`);
  part.hidden = !ends;
  if (!ends) return;
  part.querySelector("[data-end=near]").textContent = score(ends.near);
  part.querySelector("[data-end=far]").textContent = score(ends.far);
}

export function showLegend(root, { ends, maximise }) {
  root.dataset.maximise = String(maximise);
  root.querySelector(".legend-scale").hidden = ends === null;
  showSide(root, "below", ends?.below);
  showSide(root, "above", ends?.above);
}
