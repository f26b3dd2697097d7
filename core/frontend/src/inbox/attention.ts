/** What reaches an agent who is not looking: the tab's title, its icon's dot, words for screen readers. */

import { t } from "../i18n.js";
import type { Store } from "./store.js";
import type { Message } from "./types.js";
import { preview } from "./words.js";

const DOT = encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#12423b"/><path d="M10 23V9h7a5 5 0 0 1 1 9.9L22 23" fill="none" stroke="#f4c152" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/><circle cx="25" cy="7" r="6.5" fill="#e5484d" stroke="#fff" stroke-width="1.5"/></svg>`,
);

export class Attention {
  private readonly title = document.title.replace(/^\(\d+\+?\) /, "");
  private readonly link = document.querySelector<HTMLLinkElement>("link[rel~=icon]");
  private readonly plainIcon = this.link?.href ?? "";
  private shown = 0;

  constructor(private readonly store: Store) {
    store.arrivals.addEventListener("message", (event) => {
      this.announceMessage((event as CustomEvent<Message>).detail);
    });
  }

  update(): void {
    const { unread } = this.store;
    if (unread === this.shown) return;
    this.shown = unread;
    document.title = unread ? `(${unread > 99 ? "99+" : unread}) ${this.title}` : this.title;
    if (this.link) this.link.href = unread ? `data:image/svg+xml,${DOT}` : this.plainIcon;
  }

  private announceMessage(message: Message): void {
    if (message.direction !== "in") return;
    const conversation = this.store.conversations.get(message.conversation_id);
    const name = conversation?.contact.name ?? t("Contact");
    announce(t("New message from {name}: {text}", { name, text: preview(message) }));
  }
}

/** Say something politely; the page's shell holds the region. */
export function announce(text: string): void {
  const region = document.getElementById("live-region");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50);
}
