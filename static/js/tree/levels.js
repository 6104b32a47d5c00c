/** How much is drawn at which scale. */

// Below the first scale a card's text is too small to read: glyphs with score and label instead, then with scores, then alone.
const READING_SCALE = 0.7;
export const LABEL_SCALE = 0.55;
export const SCORE_SCALE = 0.3;

/** Where a card begins, seen from the centre of its glyph. */
export const CARD_LEFT = -15;

/** The radius of a glyph beside its text, or alone: the same on the screen until it would crowd its neighbours. */
export function smallRadius(k) {
  return Math.min(16, 6 / k);
}

/** Whether cards are drawn at scale `k`. */
export function isReading(k) {
  return k >= READING_SCALE;
}
