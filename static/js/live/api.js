/** Reads the project's state and events over HTTP. */

async function getJson(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

export function fetchTree(url) {
  return getJson(url);
}

/** All events after `after` that match, page by page; `onPage` sees each page as it comes. */
export async function fetchEvents(url, { after = 0, kinds, node = null, onPage }) {
  let from = after;
  for (;;) {
    const query = new URLSearchParams({ after: String(from), kind: kinds.join(","), limit: "500" });
    if (node !== null) query.set("node", String(node));
    const page = await getJson(`${url}?${query}`);
    if (page.events.length) onPage(page.events);
    const reached = page.events.at(-1)?.seq ?? page.last;
    if (!page.more || reached <= from) return;
    from = reached;
  }
}
