/**
 * A project's event socket: it resumes after the last event it passed on, waits longer after each failure, and passes no event twice.
 *
 * States told to `onState`: "connecting", "live", "waiting" (with the delay in milliseconds), "refused" (the server will not have us),
 * "closed". Clock, chance and WebSocket come in, so that a test needs none of them.
 */

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

export class ProjectSocket {
  constructor({ url, after, onEvents, onState, WebSocket, setTimeout, clearTimeout, random }) {
    Object.assign(this, { url, onEvents, onState, WebSocket, setTimeout, clearTimeout, random });
    this.last = after;
    this.failures = 0;
    this.connection = null;
    this.timer = null;
    this.isClosed = true;
  }

  open() {
    this.isClosed = false;
    this.connect();
  }

  close() {
    this.isClosed = true;
    this.drop();
    this.onState("closed");
  }

  /** Begins anew after event `seq`: the state was taken from a fresh snapshot. */
  restart(seq) {
    this.drop();
    this.last = seq;
    this.failures = 0;
    this.open();
  }

  /** Tries at once where a retry is due later: the network is back. */
  retryNow() {
    if (this.timer === null) return;
    this.drop();
    this.connect();
  }

  drop() {
    if (this.timer !== null) this.clearTimeout(this.timer);
    this.timer = null;
    const connection = this.connection;
    this.connection = null;
    if (connection) connection.close();
  }

  connect() {
    this.timer = null;
    this.onState("connecting");
    const connection = new this.WebSocket(`${this.url}?after=${this.last}`);
    this.connection = connection;
    // A connection that was replaced may still speak; only the present one is heard.
    const ifPresent = (act) => (event) => connection === this.connection && act(event);
    connection.onopen = ifPresent(() => this.onState("live"));
    connection.onmessage = ifPresent((message) => this.receive(message));
    connection.onclose = ifPresent((event) => this.lost(event));
  }

  receive(message) {
    const frame = JSON.parse(message.data);
    this.failures = 0;
    if (frame.type !== "events") return;
    const fresh = frame.events.filter((event) => event.seq > this.last);
    if (!fresh.length) return;
    this.last = fresh.at(-1).seq;
    this.onEvents(fresh);
  }

  lost(event) {
    this.connection = null;
    if (this.isClosed) return;
    // Close codes 4400 to 4499 say that asking again will not help: no such project, or not ours.
    if (event.code >= 4400 && event.code < 4500) {
      this.onState("refused");
      return;
    }
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures);
    const delay = ceiling * (0.5 + this.random() / 2);
    this.failures += 1;
    this.onState("waiting", delay);
    this.timer = this.setTimeout(() => this.connect(), delay);
  }
}
