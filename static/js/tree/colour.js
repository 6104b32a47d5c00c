/** Colours of scores: diverging around the baseline, orange below and blue above, which colour-blind eyes tell apart. */

/** [r, g, b] of "rgb(1, 2, 3)" or "#010203". */
export function parseColour(text) {
  if (text.startsWith("#")) return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  return text.match(/[\d.]+/g).slice(0, 3).map(Number);
}

function mix(a, b, t) {
  const channel = (index) => Math.round(a[index] + (b[index] - a[index]) * t);
  return `rgb(${channel(0)}, ${channel(1)}, ${channel(2)})`;
}

/** How far the scores lie from the baseline at most; at least `floor`, so that noise is not painted as a triumph. */
export function reach(scores, baseline, floor = 0.05) {
  let widest = floor;
  for (const value of scores) widest = Math.max(widest, Math.abs(value - baseline));
  return widest;
}

/** A function from score to colour. `palette`: {low, middle, high}; without a baseline every score is `middle`. */
export function scoreScale({ palette, baseline, widest }) {
  const [low, middle, high] = [palette.low, palette.middle, palette.high].map(parseColour);
  return (value) => {
    if (value === null || baseline === null) return mix(middle, middle, 0);
    const t = Math.max(-1, Math.min(1, (value - baseline) / widest));
    return mix(middle, t < 0 ? low : high, Math.sqrt(Math.abs(t)));
  };
}
