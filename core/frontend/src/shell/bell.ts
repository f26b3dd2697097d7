/**
 * The bell: how many notifications are unread, on every page and live, and the menu with the newest.
 * It hears news over the page's one line.
 */

import htmx from "htmx.org";
import { t } from "../i18n.js";
import { Api, words } from "../inbox/api.js";
import { announce } from "../inbox/attention.js";
import { capped } from "../inbox/format.js";
import { listen } from "./live.js";
import { HEARD, VIEWING } from "./news.js";
import { toast } from "./toasts.js";

interface Told {
  action: "created" | "read";
  notification?: { title: string; subject: { kind: string; id: string } | null };
}

/** Milliseconds within which several news are one look; each tab adds its own share of chance. */
const SOON = 150;

export function startBell(): void {
  if (document.getElementById("bell")) new Bell().start();
}

/** Looked up each time: a form may have replaced the whole page by its answer. */
function part<T extends HTMLElement>(selector: string): T {
  return document.querySelector<T>(selector)!;
}

class Bell {
  private readonly api = new Api();
  private readonly title = document.title;
  private readonly hasInbox = !!document.querySelector("ramal-inbox");
  private unread = Number(part("[data-bell-unread]").dataset.bellUnread);
  private viewing: string | null = null;
  private timer = 0;

  start(): void {
    this.show(this.unread);
    document.addEventListener("toggle", this.opened, true);
    document.addEventListener("click", this.clicked);
    document.addEventListener("auxclick", this.clicked);
    document.addEventListener("htmx:afterSettle", this.grown);
    document.addEventListener(HEARD, (event) => this.heard((event as CustomEvent<Told | null>).detail));
    document.addEventListener(VIEWING, (event) => {
      this.viewing = (event as CustomEvent<string | null>).detail;
      this.seen();
    });
    if (!this.hasInbox) this.connect();
  }

  private connect(): void {
    listen({
      event: (event) => {
        if (event.type === "notification") this.heard(event.data as unknown as Told);
      },
      missed: () => this.lookSoon(),
    });
  }

  private heard(told: Told | null): void {
    if (told?.notification) {
      const { title, subject } = told.notification;
      // The server could not know yet that this conversation is being looked at.
      if (subject?.kind === "conversation" && subject.id === this.viewing) {
        this.unread++;
        return this.seen();
      }
      announce(t("New notification: {title}", { title }));
    }
    this.lookSoon();
  }

  /** What is about the conversation that was opened needs no telling any more. */
  private seen(): void {
    if (this.viewing && this.unread) void this.mark("/read-all", { conversation_id: this.viewing });
  }

  private lookSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), SOON + Math.random() * SOON);
  }

  private async look(): Promise<void> {
    try {
      const answer = await this.api.get<{ unread: number }>("/notifications?unread=true&page_size=1");
      this.show(answer.unread);
    } catch {
      return; // the next news, or the line's return, asks again
    }
    if (part("#bell-menu").matches(":popover-open")) await this.load();
  }

  private show(unread: number): void {
    this.unread = unread;
    part("[data-bell-unread]").hidden = !unread;
    part("[data-bell-count]").textContent = capped(unread);
    part<HTMLButtonElement>("#bell-menu [data-read-all]").disabled = !unread;
    // The inbox counts conversations in its title.
    if (!this.hasInbox) document.title = unread ? `(${capped(unread)}) ${this.title}` : this.title;
  }

  private readonly opened = (event: Event): void => {
    const menu = event.target as HTMLElement;
    if (menu.id === "bell-menu" && (event as ToggleEvent).newState === "open") void this.load();
  };

  /** The newest, at least as many as are shown. Whoever walks through them stays where they are. */
  private async load(): Promise<void> {
    const list = part("#bell-list");
    const shown = list.querySelectorAll(".notice").length;
    const answer = await fetch(`${list.dataset.url}?size=${shown}`).catch(() => null);
    // Elsewhere than here: to the login.
    if (!answer?.ok || answer.redirected) return;
    const html = await answer.text();
    const at = list.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    list.innerHTML = html;
    list.removeAttribute("aria-busy");
    htmx.process(list);
    if (at) this.goOn(list, at.dataset.notification);
    list.dispatchEvent(new Event("slot-loaded", { bubbles: true }));
  }

  private goOn(list: HTMLElement, id: string | undefined): void {
    const same = id && list.querySelector<HTMLElement>(`[data-notification="${id}"]`);
    (same || list.querySelector<HTMLElement>("[data-notification]"))?.focus();
  }

  private readonly clicked = (event: MouseEvent): void => {
    const target = event.target as Element;
    if (event.type === "click" && target.closest("[data-read-all]")) {
      void this.mark("/read-all");
      return;
    }
    const item = target.closest<HTMLElement>("[data-notification]");
    // The right button opens a menu of the browser's, nothing else.
    if (!item || event.button === 2 || !item.closest(".is-unread")) return;
    item.closest(".is-unread")?.classList.remove("is-unread");
    void this.mark(`/${item.dataset.notification}/read`);
  };

  private async mark(path: string, body: Record<string, string> = {}): Promise<void> {
    try {
      // Goes on while the page is left for the notification's own.
      await this.api.post(`/notifications${path}`, body, { keepalive: true });
    } catch (error) {
      toast(words(error), "danger");
    }
    this.lookSoon();
  }

  /** Older ones came: go on with the first of them. */
  private readonly grown = (event: Event): void => {
    const item = (event.target as Element).closest?.(".notices > .notice");
    if (item && document.activeElement === document.body) {
      item.querySelector<HTMLElement>("[data-notification]")?.focus();
    }
  };
}
