import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ProjectSocket } from "../../static/js/live/socket.js";
import { anEvent } from "./helpers.mjs";

let opened, timers, seen, states, socket;

class FakeWebSocket {
  constructor(url) {
    this.url = url;
    opened.push(this);
  }
  close() {
    this.onclose({ code: 1000 });
  }
  say(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
  sayEvents(...seqs) {
    this.say({ type: "events", events: seqs.map((seq) => anEvent(seq, "log")) });
  }
}

beforeEach(() => {
  [opened, timers, seen, states] = [[], [], [], []];
  socket = new ProjectSocket({
    url: "ws://host/ws/projects/1/", after: 7, WebSocket: FakeWebSocket, random: () => 1,
    onEvents: (events) => seen.push(...events.map((event) => event.seq)),
    onState: (state) => states.push(state),
    setTimeout: (act, delay) => timers.push({ act, delay }),
    clearTimeout: (id) => (timers[id - 1].act = () => {}),
  });
  socket.open();
});

test("the first connection asks for what follows the snapshot", () => {
  assert.equal(opened[0].url, "ws://host/ws/projects/1/?after=7");
});

test("a reconnection resumes after the last event passed on", () => {
  opened[0].sayEvents(8, 9);
  opened[0].onclose({ code: 1006 });
  timers[0].act();
  assert.equal(opened[1].url, "ws://host/ws/projects/1/?after=9");
});

test("an event that comes twice is passed on once", () => {
  opened[0].sayEvents(8, 9);
  opened[0].sayEvents(9, 10);
  assert.deepEqual(seen, [8, 9, 10]);
});

test("each failure doubles the wait, up to a ceiling", () => {
  for (let turn = 0; turn < 8; turn += 1) {
    opened.at(-1).onclose({ code: 1006 });
    timers.at(-1).act();
  }
  assert.deepEqual(timers.map((timer) => timer.delay), [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
});

test("a frame ends the run of failures", () => {
  opened[0].onclose({ code: 1006 });
  timers[0].act();
  opened[1].say({ type: "caught_up", seq: 7 });
  opened[1].onclose({ code: 1006 });
  assert.equal(timers[1].delay, 500);
});

test("a connection that was replaced is not heard any more", () => {
  socket.restart(20);
  opened[0].sayEvents(21);
  opened[1].sayEvents(21);
  assert.deepEqual(seen, [21]);
  assert.equal(opened.length, 2);
  assert.equal(timers.length, 0);
});

test("a closed socket does not come back", () => {
  socket.close();
  assert.equal(timers.length, 0);
  assert.equal(states.at(-1), "closed");
});

test("a refusal is final", () => {
  opened[0].onclose({ code: 4404 });
  assert.equal(timers.length, 0);
  assert.equal(states.at(-1), "refused");
});

test("the network's return does not wait for the timer, nor connect twice", () => {
  opened[0].onclose({ code: 1006 });
  socket.retryNow();
  timers[0].act();
  assert.equal(opened.length, 2);
});
