/** The explorer page: events come in, the state is folded, and every view is shown the result. */

import { plural } from "../format.js";
import { Announcer, announcement } from "../live/announcer.js";
import { fetchEvents, fetchTree } from "../live/api.js";
import { FeedView } from "../live/feed.js";
import { emptyHistory, HISTORY_KINDS, remember } from "../live/history.js";
import { ReasoningView } from "../live/reasoning.js";
import { ProjectSocket } from "../live/socket.js";
import { applyEvents, fromSnapshot } from "../live/store.js";
import { watchActs } from "../panel/acts.js";
import { watchClicks } from "../panel/clicks.js";
import { NodePanel } from "../panel/panel.js";
import { family, pruneEffect } from "../tree/family.js";
import { onThemeChange, readTheme } from "../tree/theme.js";
import { watchShortcuts } from "./shortcuts.js";
import { Stage } from "./stage.js";
import { showConnection, showTopbar } from "./topbar.js";

const RETRY_MS = 4000;
const byId = (id) => document.getElementById(id);
const { treeUrl, eventsUrl, nodeUrl, socketPath, selected: preselected } = byId("explorer").dataset;
const motion = matchMedia("(prefers-reduced-motion: reduce)");
const { d3, uPlot } = globalThis;

const theme = readTheme();
const stage = new Stage({ d3, theme, wantsStill: () => motion.matches, onPick: select });
const panel = new NodePanel({ box: byId("panel"), nodeUrl, eventsUrl, uPlot, theme });
const reasoning = new ReasoningView({ box: byId("reasoning"), button: byId("reasoning-follow") });
const feed = new FeedView(byId("feed"));
const announcer = new Announcer(byId("announcer"));

let state = null;
let relations = null;
let history = emptyHistory();
let selected = null;

function select(id) {
  if (!state?.nodes.has(id) || id === selected) return;
  selected = id;
  const url = new URL(location.href);
  url.searchParams.set("node", id);
  window.history.replaceState(null, "", url);
  stage.select(id);
  panel.open(id);
}

function showState(created = []) {
  relations = family(state.nodes, state.project.maximise);
  stage.show(state.nodes, relations, created);
  showTopbar(state, relations);
}

function showHistory(events) {
  history = remember(history, events);
  reasoning.show(history.steps, history.touched);
  feed.show(history.feed);
}

function receive(events) {
  const { state: next, fresh } = applyEvents(state, events);
  state = next;
  const created = fresh.filter((event) => event.kind === "node.created").map((event) => event.node);
  if (fresh.some((event) => /^(node|project)\./.test(event.kind))) showState(created);
  if (fresh.some((event) => HISTORY_KINDS.includes(event.kind))) showHistory(fresh);
  panel.receive(fresh);
  for (const text of fresh.map((event) => announcement(event, state.nodes))) if (text) announcer.say(text);
  if (state.gap) load();
}

const socket = new ProjectSocket({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${socketPath}`,
  after: 0, onEvents: receive, onState: showConnection, WebSocket: globalThis.WebSocket, random: Math.random,
  setTimeout: (act, delay) => setTimeout(act, delay), clearTimeout: (id) => clearTimeout(id),
});

/** Takes a snapshot, reads what was thought and done before it, and follows the events after it. */
async function resync() {
  socket.drop();
  state = fromSnapshot(await fetchTree(treeUrl));
  showState();
  const untilSnapshot = (events) => showHistory(events.filter((event) => event.seq <= state.seq));
  await fetchEvents(eventsUrl, { after: history.seq, kinds: HISTORY_KINDS, onPage: untilSnapshot });
  socket.restart(state.seq);
  panel.reopen();
}

/** Loads the page's state, however often the server has to be asked. */
async function load() {
  try {
    await resync();
  } catch (error) {
    console.error(error);
    byId("stage-note").hidden = Boolean(state);
    byId("stage-note").textContent = `The tree could not be loaded: ${error.message}. Trying again…`;
    showConnection("waiting", RETRY_MS);
    setTimeout(load, RETRY_MS);
  }
}

async function start() {
  await load();
  const wanted = new URL(location.href).searchParams.get("node") ?? preselected;
  if (wanted !== "") select(Number(wanted));
}

/** Tells in the prune dialog what would stop. */
function describePrune(dialog) {
  const note = dialog.querySelector("[data-prune-effect]");
  if (!note || selected === null) return;
  const { below, running, queued } = pruneEffect(state.nodes, relations.children, selected);
  const active = [running && `${running} running`, queued && `${queued} queued`].filter(Boolean).join(" and ");
  const stops = active && ` ${active} will be cancelled.`;
  const what = below ? `This node and ${plural(below, "node")} below it leave the search.` : "This node leaves the search.";
  note.textContent = `${what}${stops} Scores are kept; it can be restored.`;
}

function pressAct(...names) {
  for (const name of names) {
    const button = byId("panel").querySelector(`.panel-acts [data-act="${name}"], .panel-acts [data-open-act="${name}"]`);
    if (button) return button.click();
  }
}

function toSibling(offset) {
  const siblings = relations.children.get(state.nodes.get(selected)?.parent) ?? [];
  select(siblings[siblings.indexOf(selected) + offset]);
}

watchActs();
watchClicks({ onSelect: select, onOpen: describePrune });
watchShortcuts({
  f: () => stage.fit(), b: () => select(relations?.best), o: () => stage.toggleView(), p: () => pressAct("prune", "restore"),
  s: () => pressAct("pin", "unpin"), e: () => pressAct("expand"), j: () => toSibling(1), k: () => toSibling(-1),
  "[": () => stage.setCollapsed(selected, true), "]": () => stage.setCollapsed(selected, false),
  "?": () => byId("help-dialog").showModal(),
}, byId("keys-on"));
onThemeChange(() => {
  const colours = readTheme();
  stage.setTheme(colours);
  panel.setTheme(colours);
});
window.addEventListener("online", () => socket.retryNow());
start();
