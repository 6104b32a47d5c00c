/**
 * A small markdown reader for text that a model wrote. It returns plain objects, never markup: what it does not know stays text.
 *
 * Blocks: heading, paragraph, list, code. Inline: strong, em, code. No links, images or HTML, on purpose: the text is hostile.
 */

const FENCE = /^\s{0,3}(```|~~~)/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBERED = /^\s*\d{1,9}[.)]\s+(.*)$/;
const INLINE = /(`+)(.+?)\1|\*\*(?=\S)(.+?)\*\*|__(?=\S)(.+?)__|\*(?=[^\s*])([^*]+?)\*|(?<![\w])_(?=[^\s_])([^_]+?)_(?![\w])/s;

/** Inline pieces: {type: "text" | "strong" | "em" | "code", text}. */
export function inline(text) {
  const pieces = [];
  let rest = text;
  while (rest) {
    const found = INLINE.exec(rest);
    if (!found) break;
    if (found.index) pieces.push({ type: "text", text: rest.slice(0, found.index) });
    const [all, , code, stars, underscores, star, underscore] = found;
    if (code !== undefined) pieces.push({ type: "code", text: code.trim() });
    else if (stars ?? underscores) pieces.push({ type: "strong", text: stars ?? underscores });
    else pieces.push({ type: "em", text: star ?? underscore });
    rest = rest.slice(found.index + all.length);
  }
  if (rest) pieces.push({ type: "text", text: rest });
  return pieces;
}

function itemOf(line) {
  const bullet = BULLET.exec(line);
  if (bullet) return { ordered: false, text: bullet[1] };
  const numbered = NUMBERED.exec(line);
  return numbered ? { ordered: true, text: numbered[1] } : null;
}

/** Blocks of `source`; a code fence that is still open (text is being written) runs to the end. */
export function parse(source) {
  const blocks = [];
  let open = null;
  let fence = null;
  const begin = (block) => blocks.push((open = block));
  for (const line of source.replaceAll("\r\n", "\n").split("\n")) {
    if (fence) {
      if (line.trim() === fence) fence = open = null;
      else open.lines.push(line);
      continue;
    }
    const heading = HEADING.exec(line);
    const item = itemOf(line);
    if (FENCE.test(line)) {
      fence = FENCE.exec(line)[1];
      begin({ type: "code", lines: [] });
    } else if (!line.trim()) open = null;
    else if (heading) {
      begin({ type: "heading", level: heading[1].length, text: heading[2] });
      open = null;
    } else if (item) {
      if (open?.type !== "list" || open.ordered !== item.ordered) begin({ type: "list", ordered: item.ordered, items: [] });
      open.items.push(item.text);
    } else if (open?.type === "list") open.items.push(`${open.items.pop()} ${line.trim()}`);
    else if (open?.type === "paragraph") open.text += `\n${line}`;
    else begin({ type: "paragraph", text: line });
  }
  return blocks;
}
