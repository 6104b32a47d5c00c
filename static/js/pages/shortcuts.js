/** Single-key shortcuts. They can be turned off, and are silent while someone types or a dialog is open. */

const KEY = "trex-shortcuts";

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** `acts`: a function for each key. `toggle`: the checkbox that turns them off. */
export function watchShortcuts(acts, toggle) {
  toggle.checked = localStorage.getItem(KEY) !== "off";
  toggle.addEventListener("change", () => localStorage.setItem(KEY, toggle.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!toggle.checked || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act();
  });
}
