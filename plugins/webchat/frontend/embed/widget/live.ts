/** The visitor's socket: told what is new; whatever it missed is read again from the history. */

import type { Api, Message } from "./api";

export interface Listener {
  message(message: Message): void;
  status(id: string, status: string): void;
  typing(): void;
  /** The socket is (back) up or lost; after a loss the history must be read again. */
  online(up: boolean): void;
}

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

export class Live {
  #socket: WebSocket | null = null;
  #wait = FIRST_WAIT;
  #timer = 0;
  #ping = 0;
  #stopped = true;

  constructor(readonly api: Api, readonly listener: Listener) {}

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    window.clearTimeout(this.#timer);
    this.#socket?.close();
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return;
    try {
      const ticket = await this.api.ticket();
      if (!ticket) return this.#again(FIRST_WAIT); // no conversation yet: the first message makes it
      const url = new URL(`/ws?ticket=${encodeURIComponent(ticket)}`, this.api.base);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      this.#open(new WebSocket(url));
    } catch {
      this.listener.online(false);
      this.#again();
    }
  }

  #open(socket: WebSocket): void {
    this.#socket = socket;
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "hello", last: null }));
      this.#wait = FIRST_WAIT;
      this.listener.online(true);
      this.#ping = window.setInterval(() => socket.send('{"type":"ping"}'), 25_000);
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = () => {
      window.clearInterval(this.#ping);
      if (this.#stopped) return;
      this.listener.online(false);
      this.#again();
    };
  }

  #take(frame: { type: string; data?: any }): void {
    if (frame.type === "message.created" || frame.type === "message.updated") {
      this.listener.message(frame.data.message);
    } else if (frame.type === "message.status") {
      this.listener.status(frame.data.message_id, frame.data.status);
    } else if (frame.type === "typing" && frame.data.by === "agent") {
      this.listener.typing();
    }
  }

  #again(wait?: number): void {
    const pause = wait ?? this.#wait * (0.75 + Math.random() / 2);
    if (wait === undefined) this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#connect(), pause);
  }
}
