/** Small switches inside the page, by delegation, so that swapped parts need no wiring of their own. */

function switchSamples(button) {
  const panel = button.closest(".panel");
  panel.dataset.samples = button.dataset.samplesSwitch;
  for (const each of panel.querySelectorAll("[data-samples-switch]")) each.setAttribute("aria-pressed", String(each === button));
}

async function copyText(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

function openDialog(id, onOpen) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  const alert = dialog.querySelector("[role=alert]");
  if (alert) alert.textContent = "";
  onOpen(dialog);
  dialog.showModal();
}

/** `onSelect(node)` for links to a node, `onOpen(dialog)` before a dialog opens. */
export function watchClicks({ onSelect, onOpen }) {
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-select], [data-opens], [data-closes], [data-samples-switch], [data-copy]");
    if (!target) return;
    const { select, opens, closes, samplesSwitch, copy } = target.dataset;
    if (select !== undefined) {
      event.preventDefault();
      onSelect(Number(select));
    } else if (opens !== undefined) openDialog(opens, onOpen);
    else if (closes !== undefined) target.closest("dialog").close();
    else if (samplesSwitch !== undefined) switchSamples(target);
    else if (copy !== undefined) copyText(target);
  });
}
