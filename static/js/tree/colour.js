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

/** The scores at which the scale is full, {low, high}; at least `floor` from the baseline, so that noise is not painted as a triumph. */
export function reach(scores, baseline, floor = 0.05) {
  let [low, high] = [baseline - floor, baseline + floor];
  for (const value of scores) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

/** A function from score to colour. `palette`: {low, middle, high}; without a baseline every score is `middle`. */
export function scoreScale({ palette, baseline, ends }) {
  const [low, middle, high] = [palette.low, palette.middle, palette.high].map(parseColour);
  return (value) => {
    if (value === null || baseline === null) return mix(middle, middle, 0);
    const isBelow = value < baseline;
    const t = (value - baseline) / ((isBelow ? ends.low : ends.high) - baseline);
    return mix(middle, isBelow ? low : high, Math.min(1, t));
  };
}
