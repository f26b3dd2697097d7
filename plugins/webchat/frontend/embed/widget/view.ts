/** The widget's elements. Text goes in as text, never as HTML. */

import { css, readableOn } from "./style";
import type { Attachment, Message } from "./api";
import type { Words } from "./words";

export interface Shown extends Message {
  failed?: boolean;
  pending?: boolean;
}

export interface Actions {
  toggle(open: boolean): void;
  send(text: string): void;
  attach(files: File[]): void;
  retry(clientId: string): void;
  earlier(): void;
  typing(): void;
}

const ICONS = {
  chat: "M8 9h8M8 13h6M12 21l-1-4H6a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3h12a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-2z",
  close: "M18 6L6 18M6 6l12 12",
  send: "M10 14L21 3m0 0l-6.5 18-3.5-8-8-3.5z",
  clip: "M15 7l-6.5 6.5a1.5 1.5 0 0 0 3 3L18 10a3 3 0 0 0-6-6l-6.500 6.500a4.500 4.500 0 0 0 9 9L21 13",
};

function icon(name: keyof typeof ICONS): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function iconButton(name: keyof typeof ICONS, label: string, className = ""): HTMLButtonElement {
  const button = make("button", className, icon(name));
  button.type = "button";
  button.setAttribute("aria-label", label);
  return button;
}

export class View {
  readonly host = make("div");
  readonly #panel = make("section", "panel");
  readonly #log = make("div", "log");
  readonly #notice = make("div", "notice");
  readonly #typing = make("div", "typing");
  readonly #badge = make("span", "badge");
  readonly #announce = make("div", "visually-hidden");
  readonly #input = make("textarea");
  readonly #title = make("h2");
  readonly #launcher: HTMLButtonElement;
  readonly #send: HTMLButtonElement;

  constructor(readonly words: Words, readonly actions: Actions) {
    const root = this.host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    this.#launcher = iconButton("chat", words.open, "launcher");
    this.#launcher.dataset["testid"] = "webchat-launcher";
    this.#send = iconButton("send", words.send, "send");
    this.#build();
    root.append(this.#panel, this.#launcher);
    this.open(false);
  }

  /** The channel's own colour and title. */
  dress(title: string, color: string): void {
    this.host.style.setProperty("--accent", color);
    this.host.style.setProperty("--on-accent", readableOn(color));
    this.#title.textContent = title;
    this.#panel.setAttribute("aria-label", title);
  }

  get isOpen(): boolean {
    return !this.#panel.hidden;
  }

  open(open: boolean): void {
    this.#panel.hidden = !open;
    this.#launcher.setAttribute("aria-expanded", String(open));
    this.#launcher.setAttribute("aria-label", open ? this.words.close : this.words.open);
    if (open) this.#toBottom();
  }

  focus(): void {
    this.#input.focus();
  }

  online(up: boolean): void {
    this.#notice.hidden = up;
  }

  problem(text: string): void {
    this.#notice.textContent = text || this.words.offline;
    this.#notice.hidden = false;
  }

  typing(on: boolean): void {
    this.#typing.textContent = on ? this.words.typing : "";
  }

  unread(count: number): void {
    this.#badge.textContent = String(count);
    this.#badge.hidden = count === 0;
  }

  announce(text: string): void {
    this.#announce.textContent = `${this.words.received}: ${text}`;
  }

  show(messages: Shown[], greeting: string, hasEarlier: boolean, url: (path: string) => string): void {
    const atBottom = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 60;
    const children: Node[] = [];
    if (hasEarlier) {
      const earlier = make("button", "earlier", this.words.earlier);
      earlier.onclick = () => this.actions.earlier();
      children.push(earlier);
    }
    if (greeting && !hasEarlier) children.push(make("div", "greeting", greeting));
    let author: string | null = null;
    for (const message of messages) {
      if (message.direction === "out" && message.author && message.author !== author) {
        children.push(make("div", "author", message.author));
      }
      author = message.direction === "out" ? message.author : null;
      children.push(this.#bubble(message, url));
    }
    this.#log.replaceChildren(...children);
    if (atBottom) this.#toBottom();
  }

  #bubble(message: Shown, url: (path: string) => string): HTMLElement {
    const bubble = make("div", `bubble ${message.direction}`);
    bubble.dataset["testid"] = "webchat-message";
    bubble.dataset["direction"] = message.direction;
    for (const attachment of message.attachments) bubble.append(this.#attachment(attachment, url));
    if (message.body) bubble.append(make("div", "", message.body));
    const time = new Date(message.sent_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    bubble.append(make("div", "meta", message.pending ? this.words.sending : time));
    if (message.failed) {
      bubble.classList.add("failed");
      const again = make("button", "", this.words.failed);
      again.onclick = () => this.actions.retry(message.client_id ?? "");
      bubble.append(again);
    }
    return bubble;
  }

  #attachment(attachment: Attachment, url: (path: string) => string): HTMLElement {
    const name = attachment.filename ?? this.words.file;
    if (!attachment.url) return make("div", "file", `${name} …`);
    const link = make("a", "file");
    link.href = url(attachment.url);
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    if (attachment.kind === "image") {
      const image = make("img");
      image.src = url(attachment.thumbnail_url ?? attachment.url);
      image.alt = name;
      image.onload = () => this.#toBottom();
      link.append(image);
    } else {
      link.append(icon("clip"), name);
    }
    return link;
  }

  #build(): void {
    const close = iconButton("close", this.words.close);
    close.onclick = () => this.actions.toggle(false);
    this.#launcher.append(this.#badge);
    this.#launcher.onclick = () => this.actions.toggle(!this.isOpen);
    this.#panel.setAttribute("role", "dialog");
    this.#log.setAttribute("role", "log");
    this.#log.tabIndex = 0;
    this.#announce.setAttribute("aria-live", "polite");
    this.#notice.setAttribute("role", "status");
    this.#notice.textContent = this.words.offline;
    this.#notice.hidden = true;
    this.#badge.hidden = true;
    this.#panel.append(
      make("header", "", this.#title, close),
      this.#notice,
      this.#log,
      this.#typing,
      this.#announce,
      this.#form(),
      make("div", "foot", this.words.powered),
    );
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.actions.toggle(false);
    });
  }

  #form(): HTMLFormElement {
    const form = make("form");
    const picker = make("input");
    picker.type = "file";
    picker.multiple = true;
    picker.hidden = true;
    picker.dataset["testid"] = "webchat-file";
    picker.onchange = () => {
      this.actions.attach([...(picker.files ?? [])]);
      picker.value = "";
    };
    const clip = iconButton("clip", this.words.attach);
    clip.onclick = () => picker.click();
    this.#input.rows = 1;
    this.#input.placeholder = this.words.write;
    this.#input.setAttribute("aria-label", this.words.write);
    this.#input.dataset["testid"] = "webchat-input";
    this.#send.type = "submit";
    this.#send.dataset["testid"] = "webchat-send";
    this.#input.oninput = () => this.actions.typing();
    this.#input.onkeydown = (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    };
    this.#input.onpaste = (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length) this.actions.attach(files);
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      const text = this.#input.value.trim();
      if (!text) return;
      this.#input.value = "";
      this.actions.send(text);
    };
    form.append(clip, picker, this.#input, this.#send);
    return form;
  }

  #toBottom(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}
