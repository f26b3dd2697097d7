/** The conversation list as data: filters, pages by key, order, counts, live placement. */

import { query, words } from "./api.js";
import type { Api } from "./api.js";
import { listOrder, matches } from "./merge.js";
import type { Conversation, Counts, Filters, Page } from "./types.js";

const PAGE_SIZE = 30;
const MAX_PAGE_SIZE = 100;
/** Milliseconds between looks at what only the server can place. */
const LOOK_AGAIN = 1500;

export interface ListHost {
  readonly api: Api;
  readonly me: { id: string };
  readonly conversations: Map<string, Conversation>;
  upsert(item: Conversation): Conversation;
  notify(): void;
}

export class ListState {
  filters: Filters;
  ids: string[] = [];
  cursor: string | null = null;
  loading = false;
  loadingMore = false;
  error: string | null = null;
  counts: Counts | null = null;
  private turn = 0;
  private countTimer = 0;
  private lookTimer = 0;
  /** Conversations that changed while a page was on its way, to be placed again after it. */
  private touched = new Set<string>();

  constructor(private readonly host: ListHost, filters: Partial<Filters> = {}) {
    this.filters = {
      tab: "mine",
      status: "open",
      channel: "",
      label: "",
      q: "",
      sort: "last_activity",
      plugins: {},
      ...filters,
    };
  }

  get items(): Conversation[] {
    return this.ids.flatMap((id) => this.host.conversations.get(id) ?? []);
  }

  get filtered(): boolean {
    const { status, channel, label, q } = this.filters;
    return status !== "open" || !!channel || !!label || !!q || this.plugged;
  }

  /** Whether a plugin's filter is set: which conversations it leaves, only the server knows. */
  get plugged(): boolean {
    return Object.keys(this.filters.plugins).length > 0;
  }

  setFilters(change: Partial<Filters>): void {
    const before = this.filters;
    this.filters = { ...before, ...change };
    void this.load();
    const scope: (keyof Filters)[] = ["status", "channel", "label", "plugins"];
    if (scope.some((key) => before[key] !== this.filters[key])) void this.loadCounts();
  }

  /** First page; `silent` keeps the present rows on screen meanwhile. */
  async load(silent = false): Promise<void> {
    const turn = ++this.turn;
    this.touched.clear();
    this.error = null;
    this.loadingMore = false;
    if (!silent) {
      this.loading = true;
      this.ids = [];
      this.cursor = null;
    }
    this.host.notify();
    try {
      const page = await this.fetch(null, silent ? this.ids.length : 0);
      if (turn !== this.turn) return;
      this.ids = page.items.map((item) => this.host.upsert(item).id);
      this.cursor = page.next_cursor;
      this.placeTouched();
    } catch (error) {
      if (turn !== this.turn || (silent && this.ids.length)) return;
      this.error = words(error);
    } finally {
      if (turn === this.turn) this.loading = false;
      this.host.notify();
    }
  }

  async loadMore(): Promise<void> {
    if (!this.cursor || this.loadingMore || this.loading) return;
    const turn = this.turn;
    this.loadingMore = true;
    this.touched.clear();
    this.host.notify();
    try {
      const page = await this.fetch(this.cursor);
      if (turn !== this.turn) return;
      const known = new Set(this.ids);
      for (const item of page.items) {
        this.host.upsert(item);
        if (!known.has(item.id)) this.ids.push(item.id);
      }
      this.cursor = page.next_cursor;
      this.placeTouched();
    } catch {
      // The rows that are there stay; scrolling asks again.
    } finally {
      if (turn === this.turn) this.loadingMore = false;
      this.host.notify();
    }
  }

  /** A conversation changed: put it where it belongs, or take it out. */
  place(item: Conversation): void {
    this.touched.add(item.id);
    const without = this.ids.filter((id) => id !== item.id);
    const shown = without.length !== this.ids.length;
    if (this.plugged) this.lookSoon();
    if ((this.filters.q || this.plugged) && !shown) return;
    if (!matches(item, this.filters, this.host.me.id)) {
      this.ids = without;
      return;
    }
    const compare = listOrder(this.filters.sort);
    const rank = without.findIndex((id) => {
      const other = this.host.conversations.get(id);
      return !!other && compare(item, other) < 0;
    });
    if (rank >= 0) without.splice(rank, 0, item.id);
    else if (shown || !this.cursor) without.push(item.id);
    this.ids = without;
  }

  async loadCounts(): Promise<void> {
    const { status, channel, label } = this.filters;
    try {
      this.counts = await this.host.api.get<Counts>(
        `/conversations/counts${query({ status, channel, label, ...this.pluginValues })}`,
      );
      this.host.notify();
    } catch {
      // Old numbers are better than none; the next change asks again.
    }
  }

  /** Ask for the counts once things have calmed down. */
  countSoon(): void {
    clearTimeout(this.countTimer);
    this.countTimer = setTimeout(() => void this.loadCounts(), 400);
  }

  /** The conversation `step` rows away from `id`; the first or last when `id` isn't in the list. */
  neighbour(id: string | null, step: 1 | -1): string | null {
    const index = id ? this.ids.indexOf(id) : -1;
    if (index < 0) return (step > 0 ? this.ids[0] : this.ids.at(-1)) ?? null;
    return this.ids[index + step] ?? null;
  }

  private placeTouched(): void {
    for (const id of [...this.touched]) {
      const item = this.host.conversations.get(id);
      if (item) this.place(item);
    }
    this.touched.clear();
  }

  /** Have the server place what changed, in a moment; the rows on screen stay meanwhile. */
  private lookSoon(): void {
    this.lookTimer ||= setTimeout(() => {
      this.lookTimer = 0;
      if (this.plugged) void this.load(true);
    }, LOOK_AGAIN);
  }

  private get pluginValues(): Record<string, string[]> {
    const entries = Object.entries(this.filters.plugins);
    return Object.fromEntries(entries.map(([name, { values }]) => [name, values]));
  }

  /** A page of at least `rows`, as far as a page goes. */
  private fetch(cursor: string | null, rows = 0): Promise<Page<Conversation>> {
    const { plugins: _, ...own } = this.filters;
    const page_size = Math.min(MAX_PAGE_SIZE, Math.max(PAGE_SIZE, rows));
    return this.host.api.get(
      `/conversations${query({ ...own, ...this.pluginValues, cursor, page_size })}`,
    );
  }
}
