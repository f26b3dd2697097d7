/**
 * The live line: one socket that says hello with the last position it saw, receives what it missed,
 * and comes back by itself. It tells its owner about events, gaps (resync) and its own state; while
 * it is down for long, the owner is asked to poll.
 */

import type { RealtimeEvent } from "./types.js";

export type Connection = "connecting" | "online" | "reconnecting" | "offline";

export interface Listener {
  event(event: RealtimeEvent): void;
  /** Too much was missed: reload what is shown. */
  resync(): void;
  /** The line is up; `again` after an interruption. */
  greeted(again: boolean): void;
  state(state: Connection): void;
  /** No socket for a while: fetch by HTTP instead. */
  poll(): void;
}

const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;
const POLL_EVERY = 15_000;
const LONGEST_WAIT = 30_000;

export class Realtime {
  private socket: WebSocket | null = null;
  private last: number | null;
  private attempts = 0;
  private greetedOnce = false;
  private stopped = true;
  private promised: number | null = null;
  private retryTimer = 0;
  private pingTimer = 0;
  private pongTimer = 0;
  private pollTimer = 0;

  constructor(
    private readonly listener: Listener,
    position: number | null = null,
    private readonly url: string = `${location.origin.replace(/^http/, "ws")}/ws`,
  ) {
    this.last = position;
  }

  start(): void {
    this.stopped = false;
    addEventListener("online", this.wake);
    addEventListener("offline", this.lost);
    document.addEventListener("visibilitychange", this.wake);
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    removeEventListener("online", this.wake);
    removeEventListener("offline", this.lost);
    document.removeEventListener("visibilitychange", this.wake);
    this.drop();
    clearTimeout(this.retryTimer);
    clearInterval(this.pollTimer);
  }

  send(message: Record<string, unknown>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private connect(): void {
    clearTimeout(this.retryTimer);
    this.drop();
    if (this.stopped) return;
    if (!this.greetedOnce) this.listener.state("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.expectAnswer();
    socket.onopen = () => this.send({ type: "hello", last: this.last });
    socket.onmessage = (message) => this.receive(JSON.parse(String(message.data)));
    socket.onclose = () => {
      if (this.socket === socket) this.retry();
    };
  }

  private receive(event: RealtimeEvent & { position?: number }): void {
    clearTimeout(this.pongTimer);
    if (event.type === "pong") return;
    if (event.type === "hello") return this.hello(event.position ?? null);
    if (event.type === "resync") {
      this.last = event.position ?? this.promised ?? this.last;
      return this.listener.resync();
    }
    if (event.id !== null && event.id !== undefined) {
      if (this.last !== null && event.id <= this.last) return;
      this.last = event.id;
    }
    this.listener.event(event);
  }

  private hello(position: number | null): void {
    this.promised = position;
    const again = this.greetedOnce;
    this.greetedOnce = true;
    this.attempts = 0;
    // A position behind ours means another log (a restored database): start over from it.
    const rewound = position !== null && this.last !== null && position < this.last;
    if (rewound || this.last === null) this.last = position;
    clearInterval(this.pollTimer);
    this.pollTimer = 0;
    clearInterval(this.pingTimer);
    this.pingTimer = setInterval(this.ping, PING_EVERY);
    this.listener.state("online");
    this.listener.greeted(again);
    if (rewound) this.listener.resync();
  }

  private readonly ping = (): void => {
    this.send({ type: "ping" });
    this.expectAnswer();
  };

  /** A line that stays silent is dead, whatever the browser believes (sleep, captive portal). */
  private expectAnswer(): void {
    clearTimeout(this.pongTimer);
    this.pongTimer = setTimeout(() => this.retry(), PONG_WITHIN);
  }

  private drop(): void {
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private retry(): void {
    this.drop();
    if (this.stopped) return;
    this.listener.state(navigator.onLine ? "reconnecting" : "offline");
    const longest = Math.min(LONGEST_WAIT, 1000 * 2 ** this.attempts++);
    const wait = longest / 2 + (Math.random() * longest) / 2;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), wait);
    if (this.attempts >= 3 && !this.pollTimer) {
      this.pollTimer = setInterval(() => {
        if (navigator.onLine) this.listener.poll();
      }, POLL_EVERY);
    }
  }

  /** Back from sleep, from another tab, or from no network: find out at once. */
  private readonly wake = (): void => {
    if (document.visibilityState !== "visible") return;
    if (this.socket?.readyState === WebSocket.OPEN) return this.ping();
    this.attempts = 0;
    this.connect();
  };

  private readonly lost = (): void => this.retry();
}
