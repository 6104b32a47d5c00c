/** The colours of the style sheet as the canvas needs them: computed, for the theme that is shown now. */

const NAMES = [
  "ground", "surface", "raised", "line", "line-strong", "text", "muted", "faint", "accent", "danger", "pin",
  "score-low", "score-middle", "score-high", "edge", "edge-best", "curve-1", "curve-2",
];

export function readTheme() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const theme = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    theme[name] = getComputedStyle(probe).color;
  }
  theme.sans = getComputedStyle(document.body).fontFamily;
  probe.remove();
  return theme;
}

/** Calls `act` whenever the theme changes, by switch or by system. */
export function onThemeChange(act) {
  document.addEventListener("trex:theme", act);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", act);
}
