/** Markdown blocks as DOM nodes, built by hand: no text ever becomes markup. */

import { inline, parse } from "./markdown.js";

const TAGS = { strong: "strong", em: "em", code: "code" };

function element(tag, text = "") {
  const made = document.createElement(tag);
  for (const piece of inline(text)) {
    if (piece.type === "text") {
      made.append(piece.text);
    } else {
      const child = document.createElement(TAGS[piece.type]);
      child.textContent = piece.text;
      made.append(child);
    }
  }
  return made;
}

function blockElement(block) {
  if (block.type === "heading") {
    const made = element("p", block.text);
    made.className = "md-heading";
    return made;
  }
  if (block.type === "code") {
    const made = document.createElement("pre");
    made.textContent = block.lines.join("\n");
    return made;
  }
  if (block.type === "list") {
    const made = document.createElement(block.ordered ? "ol" : "ul");
    made.append(...block.items.map((item) => element("li", item)));
    return made;
  }
  return element("p", block.text);
}

/** Replaces what `target` shows by the rendered `source`. */
export function renderMarkdown(target, source) {
  target.replaceChildren(...parse(source).map(blockElement));
}

/** Renders every element marked data-markdown in `root`, from its own text. */
export function renderMarked(root) {
  for (const marked of root.querySelectorAll("[data-markdown]")) {
    renderMarkdown(marked, marked.textContent);
    marked.removeAttribute("data-markdown");
  }
}
