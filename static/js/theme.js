/**
 * The theme: the system's, or the one chosen here. Loaded in the head and before the styles, so that no page flashes in the wrong one.
 */
(() => {
  const KEY = "trex-theme";
  const ORDER = ["system", "light", "dark"];
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // Storage may be forbidden; the system's theme does.
    }
  }

  function store(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Then the choice lasts as long as the page.
    }
  }

  function show(theme) {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const label = document.querySelector("[data-theme-name]");
    if (label) label.textContent = theme;
    document.dispatchEvent(new CustomEvent("trex:theme"));
  }

  let current = ORDER.includes(stored()) ? stored() : "system";
  show(current);
  document.addEventListener("DOMContentLoaded", () => {
    show(current);
    document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
      current = ORDER[(ORDER.indexOf(current) + 1) % ORDER.length];
      store(current);
      show(current);
    });
  });
})();
