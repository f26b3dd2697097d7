/** What was typed and not sent, kept per conversation and mode on this browser for thirty days. */

import type { Quote } from "./types.js";

export type Mode = "reply" | "note";
export interface StoredDraft {
  body: string;
  quote?: (Quote & { id: string }) | null;
  at: number;
}

const KEEP = 30 * 24 * 3600_000;

export class Drafts {
  private readonly prefix: string;

  constructor(user: string, private readonly storage: Storage = localStorage) {
    this.prefix = `ramal.draft.${user}.`;
    this.prune();
  }

  get(conversation: string, mode: Mode): StoredDraft | null {
    try {
      const text = this.storage.getItem(this.key(conversation, mode));
      return text ? (JSON.parse(text) as StoredDraft) : null;
    } catch {
      return null;
    }
  }

  set(conversation: string, mode: Mode, body: string, quote?: StoredDraft["quote"]): void {
    const key = this.key(conversation, mode);
    try {
      if (!body.trim() && !quote) this.storage.removeItem(key);
      else this.storage.setItem(key, JSON.stringify({ body, quote, at: Date.now() }));
    } catch {
      // A full or forbidden storage costs the draft, never the typing.
    }
  }

  private key(conversation: string, mode: Mode): string {
    return `${this.prefix}${conversation}.${mode}`;
  }

  private prune(): void {
    for (const key of Object.keys(this.storage)) {
      if (!key.startsWith(this.prefix)) continue;
      try {
        const { at } = JSON.parse(this.storage.getItem(key) ?? "{}") as { at?: number };
        if (!at || Date.now() - at > KEEP) this.storage.removeItem(key);
      } catch {
        this.storage.removeItem(key);
      }
    }
  }
}
