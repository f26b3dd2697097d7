/**
 * The web chat widget: one script tag on any site.
 *
 *   <script async src="https://…/p/webchat/widget.js" data-channel="…"></script>
 *
 * A site that knows its visitor calls `RamalChat.identify({id, name, hash})`, where `hash` is
 * HMAC-SHA256 of the id with the channel's identity secret, made on the site's server.
 */

import { Api, ApiError, type Identity, type Message, type Session } from "./widget/api";
import { Live } from "./widget/live";
import { View, type Shown } from "./widget/view";
import { wordsFor } from "./widget/words";

const TYPING_EVERY = 4000;
const TYPING_SHOWN = 6000;

class Chat {
  readonly #api: Api;
  readonly #view: View;
  readonly #live: Live;
  readonly #messages = new Map<string, Shown>();
  #session: Session | null = null;
  #earlier: string | null = null;
  #unread = 0;
  #lastTyping = 0;
  #typingTimer = 0;
  #drafts = new Map<string, { body: string | null; files: string[] }>();
  #begun!: () => void;
  /** Somebody may write before the visit has begun: that waits. */
  readonly #ready = new Promise<void>((done) => (this.#begun = done));

  constructor(base: string, channel: string) {
    this.#api = new Api(base, channel);
    this.#view = new View(wordsFor(document.documentElement.lang || navigator.language), {
      toggle: (open) => this.toggle(open),
      send: (text) => void this.#send(text, []),
      attach: (files) => void this.#attach(files),
      retry: (id) => void this.#retry(id),
      earlier: () => void this.#loadEarlier(),
      typing: () => this.#tellTyping(),
    });
    this.#live = new Live(this.#api, {
      message: (message) => this.#receive(message),
      status: (id, status) => this.#tick(id, status),
      typing: () => this.#showTyping(),
      online: (up) => this.#online(up),
    });
    document.body.append(this.#view.host);
  }

  async start(identity?: Identity): Promise<void> {
    try {
      this.#session = await this.#api.start(identity);
    } catch (error) {
      // A refusal is final (this site may not show the chat); no answer is worth another try.
      if (error instanceof ApiError && error.status) return this.#view.problem(error.message);
      window.setTimeout(() => void this.start(identity), 5000);
      return;
    }
    this.#view.dress(this.#session.channel.title, this.#session.channel.color);
    for (const key of [...this.#messages.keys()]) {
      if (!key.startsWith("client:")) this.#messages.delete(key);
    }
    await this.#reload();
    this.#begun();
    if (this.#messages.size || this.#session.conversation_id) this.#live.start();
    this.#render();
  }

  toggle(open: boolean): void {
    this.#view.open(open);
    if (!open) return;
    this.#view.focus();
    this.#unread = 0;
    this.#view.unread(0);
    this.#acknowledge("read");
  }

  async #reload(): Promise<void> {
    const page = await this.#api.history();
    this.#earlier = this.#messages.size ? this.#earlier : page.next_cursor;
    for (const message of page.items) this.#merge(message);
    this.#acknowledge(this.#view.isOpen ? "read" : "delivered");
    this.#render();
  }

  async #loadEarlier(): Promise<void> {
    if (!this.#earlier) return;
    const page = await this.#api.history(this.#earlier);
    this.#earlier = page.next_cursor;
    for (const message of page.items) this.#merge(message);
    this.#render();
  }

  /** A row is known by its client id while we wait for it, by its id from then on. */
  #merge(message: Message): boolean {
    if (message.client_id && this.#messages.delete(`client:${message.client_id}`)) {
      this.#drafts.delete(message.client_id);
    }
    const fresh = !this.#messages.has(message.id);
    this.#messages.set(message.id, message);
    return fresh;
  }

  #receive(message: Message): void {
    const fresh = this.#merge(message);
    if (fresh && message.direction === "out") {
      this.#view.typing(false);
      this.#view.announce(message.body ?? "");
      if (!this.#view.isOpen) this.#view.unread(++this.#unread);
      this.#acknowledge(this.#view.isOpen ? "read" : "delivered");
    }
    this.#render();
  }

  #tick(id: string, status: string): void {
    const message = this.#messages.get(id);
    if (message) message.status = status;
  }

  #acknowledge(status: "delivered" | "read"): void {
    const done = status === "read" ? ["read", "played"] : ["delivered", "read", "played"];
    const ids = [...this.#messages.values()]
      .filter((item) => item.direction === "out" && !done.includes(item.status ?? ""))
      .map((item) => item.id)
      .slice(-100);
    if (!ids.length) return;
    for (const id of ids) this.#tick(id, status);
    this.#api.receipt(ids, status).catch(() => ids.forEach((id) => this.#tick(id, "sent")));
  }

  async #send(body: string | null, files: string[], clientId = uuidv7()): Promise<void> {
    this.#drafts.set(clientId, { body, files });
    this.#messages.set(`client:${clientId}`, {
      id: `client:${clientId}`,
      client_id: clientId,
      direction: "in",
      kind: "text",
      body: body ?? "📎",
      status: null,
      sent_at: new Date().toISOString(),
      author: null,
      attachments: [],
      pending: true,
    });
    this.#render();
    try {
      await this.#ready;
      await this.#api.write(clientId, body, files);
      this.#live.start();
      await this.#untilStored(clientId);
    } catch (error) {
      const waiting = this.#messages.get(`client:${clientId}`);
      if (waiting) Object.assign(waiting, { pending: false, failed: true });
      this.#view.problem(error instanceof ApiError ? error.message : "");
      this.#render();
    }
  }

  /** The first message of a visit has no socket yet: read the history until it is there. */
  async #untilStored(clientId: string): Promise<void> {
    for (let wait = 250; this.#messages.has(`client:${clientId}`) && wait < 10_000; wait *= 1.5) {
      await new Promise((done) => window.setTimeout(done, wait));
      await this.#reload();
    }
  }

  async #attach(files: File[]): Promise<void> {
    for (const file of files) {
      try {
        await this.#ready;
        const upload = await this.#api.upload(file);
        await this.#send(null, [upload.file]);
      } catch (error) {
        this.#view.problem(error instanceof ApiError ? error.message : "");
      }
    }
  }

  async #retry(clientId: string): Promise<void> {
    const draft = this.#drafts.get(clientId);
    if (draft) await this.#send(draft.body, draft.files, clientId);
  }

  #tellTyping(): void {
    const now = Date.now();
    if (now - this.#lastTyping < TYPING_EVERY || !this.#messages.size) return;
    this.#lastTyping = now;
    this.#api.typing().catch(() => undefined);
  }

  #showTyping(): void {
    this.#view.typing(true);
    window.clearTimeout(this.#typingTimer);
    this.#typingTimer = window.setTimeout(() => this.#view.typing(false), TYPING_SHOWN);
  }

  #online(up: boolean): void {
    if (up) void this.#reload().catch(() => undefined);
    if (up) this.#view.online(true);
    else this.#view.problem("");
  }

  #render(): void {
    const shown = [...this.#messages.values()].sort((a, b) => a.sent_at.localeCompare(b.sent_at));
    const greeting = this.#session?.channel.greeting ?? "";
    this.#view.show(shown, greeting, this.#earlier !== null, (path) => this.#api.absolute(path));
  }
}

/** RFC 9562: 48 bits of milliseconds, then randomness. */
function uuidv7(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  for (let index = 0; index < 6; index++) bytes[index] = Math.floor(now / 2 ** (40 - 8 * index)) & 0xff;
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const script = document.currentScript as HTMLScriptElement | null;
if (script?.dataset["channel"]) {
  const chat = new Chat(new URL(script.src).origin, script.dataset["channel"]);
  const api = {
    open: () => chat.toggle(true),
    close: () => chat.toggle(false),
    identify: (identity: Identity) => chat.start(identity),
  };
  Object.assign(window, { RamalChat: api });
  void chat.start().then(() => script.dataset["open"] !== undefined && chat.toggle(true));
}
