/**
 * Fetches a node's panel and swaps only the parts that changed.
 *
 * Parts are elements with data-part. What stands outside of them (charts, logs, open dialogs with typed text) is never replaced, and a part whose
 * text is being worked in waits for the next refresh.
 */

import { drawIntervals } from "../charts/interval.js";
import { delta, duration } from "../format.js";
import { renderMarked } from "../text/markdown_dom.js";

/** The panel's element as the server renders it now. */
export async function fetchPanel(url) {
  const response = await fetch(url, { headers: { "HX-Request": "true" } });
  if (!response.ok) throw new Error(`The node's panel answered ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const panel = page.querySelector("article.panel");
  if (!panel) throw new Error("The node's panel came without its content");
  return document.importNode(panel, true);
}

function parts(panel) {
  return new Map([...panel.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
}

function keepOpenState(old, fresh) {
  for (const details of fresh.querySelectorAll("details[data-keep]")) {
    const before = old.querySelector(`details[data-keep="${details.dataset.keep}"]`);
    if (before) details.open = before.open;
  }
}

/** CSRF tokens differ in every rendering; they are no reason to swap a part. */
function fingerprint(part) {
  return part.outerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
}

/** Finishes what the server's markup leaves to the page: signs, durations, bars, markdown. */
export function enhance(root) {
  for (const each of root.querySelectorAll("[data-delta]")) each.textContent = delta(Number(each.dataset.delta));
  for (const each of root.querySelectorAll("[data-delta-of]")) {
    each.textContent = delta(Number(each.dataset.deltaOf) - Number(each.dataset.deltaFrom));
  }
  for (const each of root.querySelectorAll("[data-duration]")) each.textContent = duration(Number(each.dataset.duration));
  const fills = [...root.querySelectorAll("[data-seconds]")];
  const longest = Math.max(...fills.map((fill) => Number(fill.dataset.seconds)), 0.001);
  for (const fill of fills) fill.style.width = `${(100 * Number(fill.dataset.seconds)) / longest}%`;
  renderMarked(root);
  drawIntervals(root);
}

/** Makes `panel` show what `fresh` says; `seen` maps part names to what was last received. */
export function swapParts(panel, fresh, seen) {
  for (const [name, part] of parts(fresh)) {
    const old = parts(panel).get(name);
    const print = fingerprint(part);
    if (!old) {
      panel.querySelector("dialog")?.before(part);
    } else if (seen.get(name) === print) {
      continue;
    } else {
      keepOpenState(old, part);
      const hadFocus = old.contains(document.activeElement);
      old.replaceWith(part);
      if (hadFocus) (part.querySelector("button, summary, a") ?? panel.closest("aside")).focus();
    }
    seen.set(name, print);
    enhance(part);
    globalThis.htmx?.process(part);
  }
}

/** What each part of a panel that was just received says. */
export function fingerprints(panel) {
  return new Map([...parts(panel)].map(([name, part]) => [name, fingerprint(part)]));
}
