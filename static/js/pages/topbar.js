/** The bar above the tree: state of the search, nodes used, baseline and best, connection. */

import { delta, duration, score } from "../format.js";

const byId = (id) => document.getElementById(id);

function showState(state) {
  const chip = byId("project-state");
  chip.dataset.state = chip.textContent = state;
  for (const each of document.querySelectorAll("[data-when]")) each.hidden = !each.dataset.when.split(" ").includes(state);
}

function showBest(nodes, { root, best }) {
  const baseline = nodes.get(root)?.score ?? null;
  const found = best === null ? null : nodes.get(best).score;
  if (best === null || best === root) {
    byId("best").textContent = baseline === null ? "not measured yet" : `${score(baseline)} baseline`;
    return;
  }
  const link = document.createElement("a");
  link.href = `?node=${best}`;
  link.dataset.select = best;
  link.textContent = score(found);
  const change = document.createElement("span");
  change.className = "muted";
  change.textContent = baseline === null ? "" : ` ${delta(found - baseline)}`;
  byId("best").replaceChildren(`${score(baseline)} → `, link, change);
}

function showEarlyStopping(isOn) {
  for (const each of document.querySelectorAll("[data-when-early]")) each.hidden = each.dataset.whenEarly !== (isOn ? "on" : "off");
}

export function showTopbar({ project, nodes }, family) {
  if (byId("project-state").dataset.state !== project.state) byId("search-alert").textContent = "";
  showState(project.state);
  showEarlyStopping(project.early_stopping);
  byId("nodes-used").textContent = [...nodes.values()].filter((node) => node.kind !== "root").length;
  byId("node-budget").textContent = project.node_budget;
  const saved = [...nodes.values()].reduce((sum, node) => sum + (node.saved_s ?? 0), 0);
  byId("saved").textContent = saved ? ` · ${duration(saved)} saved` : "";
  byId("saved").title = saved ? "Computing saved by results of identical experiments" : "";
  showBest(nodes, family);
}

const WORDS = { connecting: "Connecting…", live: "Live", refused: "Not connected; reload the page", closed: "Not connected" };

export function showConnection(state, delay) {
  const mark = byId("connection");
  mark.dataset.connection = state;
  mark.textContent = state === "waiting" ? `Lost; trying again in ${Math.ceil(delay / 1000)} s` : WORDS[state];
}
