/** The middle of the page: tree and outline with one selection, the hover card, and following what is new. */

import { plural } from "../format.js";
import { revealing, visiblePart } from "../tree/collapse.js";
import { fillHoverCard, placeHoverCard } from "../tree/hover_card.js";
import { showLegend } from "../tree/legend.js";
import { Outline } from "../tree/outline.js";
import { TreeView } from "../tree/view.js";

const byId = (id) => document.getElementById(id);

export class Stage {
  constructor({ d3, theme, wantsStill, onPick }) {
    this.outline = new Outline({ list: byId("outline"), onPick });
    this.tree = new TreeView({
      canvas: byId("tree"), d3, theme, wantsStill, onPick: (id) => id !== null && onPick(id),
      onHover: (id) => this.hover(id), onGesture: () => this.gesture(),
    });
    this.isFollowing = true;
    this.unseen = new Set();
    this.collapsed = new Set();
    byId("follow").addEventListener("click", () => this.setFollowing(!this.isFollowing));
    byId("fit").addEventListener("click", () => this.fit());
    byId("new-nodes").addEventListener("click", () => this.toNewest());
    for (const button of document.querySelectorAll("[data-view-switch]")) {
      button.addEventListener("click", () => this.setView(button.dataset.viewSwitch));
    }
  }

  show(nodes, family, created = []) {
    Object.assign(this, { nodes, family });
    const isFirst = !this.tree.nodes.size;
    this.showTree();
    this.outline.show(nodes, family);
    showLegend(byId("legend"), this.tree.range);
    byId("stage-note").hidden = nodes.size > 0;
    if (isFirst) this.tree.fit({ isInstant: true });
    else this.noteNew(created.filter((id) => this.tree.nodes.has(id)));
  }

  showTree() {
    const { shown, open, hidden } = visiblePart(this.nodes, this.family, this.collapsed);
    this.tree.show(shown, { ...this.family, children: open }, { hidden, all: this.nodes });
  }

  /** Closes or opens the subtree below a node. */
  setCollapsed(id, isClosed) {
    if (id === null || this.collapsed.has(id) === isClosed) return;
    if (isClosed) this.collapsed.add(id);
    else this.collapsed.delete(id);
    this.showTree();
  }

  noteNew(created) {
    if (!created.length) return;
    if (this.isFollowing) {
      if (!created.every((id) => this.tree.isVisible(id))) this.tree.fit();
      return;
    }
    for (const id of created) if (!this.tree.isVisible(id)) this.unseen.add(id);
    this.showUnseen();
  }

  showUnseen() {
    byId("new-nodes").hidden = this.unseen.size === 0;
    byId("new-nodes").textContent = `${plural(this.unseen.size, "new node")} off screen`;
  }

  toNewest() {
    const newest = Math.max(...this.unseen);
    this.unseen.clear();
    this.showUnseen();
    this.tree.centre(newest);
  }

  fit() {
    this.unseen.clear();
    this.showUnseen();
    this.tree.fit();
  }

  gesture() {
    byId("hover-card").hidden = true;
    if (this.isFollowing) this.setFollowing(false);
  }

  setFollowing(isOn) {
    this.isFollowing = isOn;
    byId("follow").setAttribute("aria-pressed", String(isOn));
    if (isOn) this.fit();
  }

  setView(view) {
    byId("stage").dataset.view = view;
    for (const button of document.querySelectorAll("[data-view-switch]")) {
      button.setAttribute("aria-pressed", String(button.dataset.viewSwitch === view));
    }
    this.tree.resize();
  }

  toggleView() {
    this.setView(byId("stage").dataset.view === "tree" ? "outline" : "tree");
  }

  hover(id) {
    const card = byId("hover-card");
    card.hidden = id === null;
    if (id === null) return;
    const node = this.nodes.get(id);
    fillHoverCard(card, node, this.nodes.get(node.parent));
    placeHoverCard(card, this.tree.screenPlace(id), this.tree.size);
  }

  select(id) {
    if (!this.tree.nodes.has(id)) {
      this.collapsed = revealing(this.nodes, this.collapsed, id);
      this.showTree();
    }
    this.tree.select(id);
    this.outline.select(id);
    if (id !== null && this.tree.size.width && !this.tree.isVisible(id)) this.tree.centre(id);
  }

  setTheme(theme) {
    this.tree.setTheme(theme);
  }
}
