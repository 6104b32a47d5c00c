/** Colours of scores: diverging around the baseline, orange for worse and blue for better, which colour-blind eyes tell apart. */

/** [r, g, b] of "rgb(1, 2, 3)" or "#010203". */
export function parseColour(text) {
  if (text.startsWith("#")) return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  return text.match(/[\d.]+/g).slice(0, 3).map(Number);
}

function mix(a, b, t) {
  const channel = (index) => Math.round(a[index] + (b[index] - a[index]) * t);
  return `rgb(${channel(0)}, ${channel(1)}, ${channel(2)})`;
}

/** Colour of the score that is nearest to the baseline on its side; the baseline itself is neutral. */
const NEAREST = 0.22;

/**
 * Where each side of the scale begins and is full: {below: {near, far}, above: {near, far}}, null for a side without scores.
 *
 * Between near and far lie at least `floor`, so that noise is not stretched over the whole scale. Fine-tuned scores often lie close
 * together and far from the baseline: a scale that began at the baseline would paint them all alike.
 */
export function reach(scores, baseline, floor = 0.05) {
  const side = (values, sign) => {
    if (!values.length) return null;
    const [near, far] = [Math.min(...values), Math.max(...values)];
    return { near: baseline + sign * Math.max(0, Math.min(near, far - floor)), far: baseline + sign * Math.max(far, floor) };
  };
  const distances = scores.map((value) => value - baseline);
  return {
    below: side(distances.filter((value) => value < 0).map((value) => -value), -1),
    above: side(distances.filter((value) => value > 0), 1),
  };
}

/** A function from score to colour. `palette`: {low: worse, middle, high: better}; without a baseline every score is `middle`. */
export function scoreScale({ palette, baseline, ends, maximise = true }) {
  const [worse, middle, better] = [palette.low, palette.middle, palette.high].map(parseColour);
  const [low, high] = maximise ? [worse, better] : [better, worse];
  return (value) => {
    const isKnown = value !== null && baseline !== null && value !== baseline;
    const side = isKnown && (value < baseline ? ends.below : ends.above);
    if (!side) return mix(middle, middle, 0);
    const share = Math.min(1, Math.max(0, (value - side.near) / (side.far - side.near)));
    return mix(middle, value < baseline ? low : high, NEAREST + (1 - NEAREST) * share);
  };
}
