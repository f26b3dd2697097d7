/** `<ramal-conversation-list>`: tabs with counts, filters, search, rows, infinite scroll. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { card } from "./card.js";
import { empty, InboxElement, menu, choice, spinner } from "./element.js";
import { capped } from "./format.js";
import { collected, unset } from "./plugin_filters.js";
import { filled, slot } from "./slot.js";
import type { Filters, Tab } from "./types.js";
import { statusWords } from "./words.js";

const STATUSES: Filters["status"][] = ["open", "pending", "snoozed", "resolved", "archived", "all"];
const TABS: Tab[] = ["mine", "unassigned", "all"];

export class ConversationList extends InboxElement {
  private debounce = 0;
  private focusId: string | null = null;
  private observer: IntersectionObserver | null = null;
  private filterTimer = 0;
  /** The plugins' filters are fetched when the menu is first opened, and stay. */
  private filtersWanted = false;

  focusSearch(): void {
    this.querySelector<HTMLInputElement>("input[type=search]")?.select();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
    this.observer = null;
  }

  protected override updated(): void {
    const end = this.querySelector(".list-end");
    const root = this.querySelector(".list-rows");
    this.observer ??= new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void this.store.list.loadMore();
      },
      { root, rootMargin: "400px" },
    );
    // Observing anew reports again, so that a short page goes on loading.
    this.observer.disconnect();
    if (end && !this.store.list.loadingMore) this.observer.observe(end);
  }

  protected override render() {
    return html`
      <div class="list-head">
        <h2 class="list-title">${t("Inbox")}</h2>
        ${this.sortMenu()} ${this.filterMenu()}
      </div>
      ${this.search()} ${this.tabs()} ${this.activeFilters()} ${this.rows()}
    `;
  }

  private search() {
    const { q } = this.store.list.filters;
    return html`<div class="list-search">
      ${icon("search")}
      <input
        type="search"
        class="form-control"
        .value=${q}
        placeholder=${t("Search name, phone or message")}
        aria-label=${t("Search conversations")}
        aria-keyshortcuts="/"
        data-testid="search-input"
        @input=${this.typed}
        @keydown=${this.searchKey}
      />
    </div>`;
  }

  private readonly typed = (event: Event): void => {
    clearTimeout(this.debounce);
    const q = (event.target as HTMLInputElement).value.trim();
    this.debounce = setTimeout(() => this.store.list.setFilters({ q }), q ? 250 : 0);
  };

  private readonly searchKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      this.focusRow(this.store.list.ids[0] ?? null);
    } else if (event.key === "Escape" && this.store.list.filters.q) {
      this.store.list.setFilters({ q: "" });
    }
  };

  private tabs() {
    const { filters, counts } = this.store.list;
    const words: Record<Tab, string> = {
      mine: t("Mine"),
      unassigned: t("Unassigned"),
      all: t("All"),
    };
    return html`<div class="tabs" role="tablist" aria-label=${t("Whose conversations")}>
      ${TABS.map(
        (tab) => html`<button
          type="button"
          role="tab"
          id="tab-${tab}"
          class="tab"
          aria-selected=${filters.tab === tab}
          aria-controls="conversation-rows"
          tabindex=${filters.tab === tab ? 0 : -1}
          data-testid="tab-${tab}"
          @click=${() => this.store.list.setFilters({ tab })}
          @keydown=${this.tabKey}
        >
          ${words[tab]}
          <span class="tab-count" data-testid="count-${tab}">${counts ? capped(counts[tab]) : nothing}</span>
        </button>`,
      )}
    </div>`;
  }

  private readonly tabKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const { tab } = this.store.list.filters;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]!;
    this.store.list.setFilters({ tab: next });
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${next}`)?.focus());
  };

  private sortMenu() {
    const { sort } = this.store.list.filters;
    const set = (value: Filters["sort"]) => () => this.store.list.setFilters({ sort: value });
    return menu({
      id: "list-sort",
      label: t("Sort"),
      face: icon("arrows-sort"),
      side: "end",
      testid: "sort-menu",
      content: html`<p class="menu-title">${t("Sort by")}</p>
        ${choice({
          text: t("Last activity"),
          checked: sort === "last_activity",
          run: set("last_activity"),
        })}
        ${choice({ text: t("Waiting longest"), checked: sort === "waiting", run: set("waiting") })}`,
    });
  }

  private filterMenu() {
    const { filtered } = this.store.list;
    return menu({
      id: "list-filter",
      label: t("Filter"),
      face: html`${icon("filter")}${filtered ? html`<span class="btn-dot"></span>` : nothing}`,
      side: "end",
      testid: "filter-menu",
      toggled: (open) => {
        if (!open || this.filtersWanted) return;
        this.filtersWanted = true;
        this.requestUpdate();
      },
      content: html`<div class="menu-form">
        ${this.select("status", t("Status"), STATUSES.map((value) => [
          value,
          value === "all" ? t("All") : statusWords(value),
        ]))}
        ${this.select("channel", t("Channel"), [
          ["", t("All channels")],
          ...this.store.channels.map(({ id, name }) => [id, name] as [string, string]),
        ])}
        ${this.select("label", t("Label"), [
          ["", t("All labels")],
          ...this.store.labels.map(({ id, name }) => [id, name] as [string, string]),
        ])}
        ${this.pluginFilters()}
      </div>`,
    });
  }

  private pluginFilters() {
    const { config } = this.store;
    if (!filled(config, "inbox.filters")) return nothing;
    return html`<div
      class="plugin-filters"
      @input=${() => this.readPlugins(250)}
      @change=${() => this.readPlugins(0)}
      @htmx:afterSettle=${() => this.readPlugins(0)}
    >
      ${this.filtersWanted ? slot(config, "inbox.filters", {}) : nothing}
    </div>`;
  }

  /** Filter by what the plugins' controls say, in `wait` milliseconds. */
  private readPlugins(wait: number): void {
    clearTimeout(this.filterTimer);
    this.filterTimer = setTimeout(() => {
      const place = this.querySelector(".plugin-filters");
      const plugins = place ? collected(place) : {};
      const before = this.store.list.filters.plugins;
      if (JSON.stringify(plugins) !== JSON.stringify(before)) this.store.list.setFilters({ plugins });
    }, wait);
  }

  private dropPlugin(name: string): void {
    const place = this.querySelector(".plugin-filters");
    if (place) unset(place, name);
    const { [name]: _, ...plugins } = this.store.list.filters.plugins;
    this.store.list.setFilters({ plugins });
  }

  private select(key: "status" | "channel" | "label", title: string, options: [string, string][]) {
    const value = this.store.list.filters[key];
    return html`<label class="form-label" for="filter-${key}">${title}</label>
      <select
        id="filter-${key}"
        class="form-select form-select-sm"
        data-testid="filter-${key}"
        @change=${(event: Event) =>
          this.store.list.setFilters({ [key]: (event.target as HTMLSelectElement).value })}
      >
        ${options.map(
          ([id, name]) => html`<option value=${id} ?selected=${id === value}>${name}</option>`,
        )}
      </select>`;
  }

  private activeFilters() {
    const { filters } = this.store.list;
    const name = (items: { id: string; name: string }[], id: string) =>
      items.find((item) => item.id === id)?.name ?? id;
    const active: [string, () => void][] = [];
    const reset = (change: Partial<Filters>) => () => this.store.list.setFilters(change);
    if (filters.status !== "open") {
      const words = filters.status === "all" ? t("Any status") : statusWords(filters.status);
      active.push([words, reset({ status: "open" })]);
    }
    if (filters.channel) {
      active.push([name(this.store.channels, filters.channel), reset({ channel: "" })]);
    }
    if (filters.label) active.push([name(this.store.labels, filters.label), reset({ label: "" })]);
    for (const [key, { words }] of Object.entries(filters.plugins)) {
      active.push([words, () => this.dropPlugin(key)]);
    }
    if (!active.length) return nothing;
    return html`<div class="list-filters">
      ${active.map(
        ([text, remove]) => html`<button
          type="button"
          class="chip chip-button"
          aria-label=${t("Remove filter {name}", { name: text })}
          data-testid="active-filter"
          @click=${remove}
        >
          <span class="text-truncate">${text}</span>${icon("x")}
        </button>`,
      )}
    </div>`;
  }

  private rows() {
    const { list } = this.store;
    const { items } = list;
    const focusId = items.some((item) => item.id === this.focusId)
      ? this.focusId
      : (items.find((item) => item.id === this.store.selectedId) ?? items[0])?.id;
    return html`<div
      class="list-rows"
      id="conversation-rows"
      role="tabpanel"
      aria-labelledby="tab-${list.filters.tab}"
      aria-busy=${list.loading}
    >
      ${list.error ? this.failure(list.error) : nothing}
      ${list.loading ? skeleton() : nothing}
      ${items.length
        ? html`<div role="listbox" aria-label=${t("Conversations")} @keydown=${this.rowKey}>
            ${repeat(
              items,
              (item) => item.id,
              (item) =>
                card(item, {
                  selected: item.id === this.store.selectedId,
                  focusable: item.id === focusId,
                  query: list.filters.q,
                  typing: this.store.typing.has(item.id),
                  showAssignee: list.filters.tab === "all",
                  open: () => this.open(item.id),
                }),
            )}
          </div>`
        : nothing}
      ${!items.length && !list.loading && !list.error ? this.nothingHere() : nothing}
      ${list.cursor ? html`<div class="list-end">${spinner(t("Loading"))}</div>` : nothing}
    </div>`;
  }

  private failure(text: string) {
    return empty(
      "cloud-off",
      t("The list could not be loaded"),
      text,
      html`<button type="button" class="btn btn-secondary" @click=${() => this.store.list.load()}>
        ${t("Try again")}
      </button>`,
    );
  }

  private nothingHere() {
    const { filters, filtered } = this.store.list;
    if (filters.q) {
      return empty("search", t("Nothing found"), t("No conversation matches “{q}”.", { q: filters.q }));
    }
    if (filtered) {
      return empty("filter", t("Nothing here"), t("No conversation matches these filters."));
    }
    if (this.store.config.connected === false) return this.unconnected();
    if (filters.tab === "mine") {
      const waiting = this.store.list.counts?.unassigned ?? 0;
      return empty(
        "mood-smile",
        waiting ? t("None is assigned to you") : t("You are all caught up"),
        t("Conversations assigned to you appear here. Take one from Unassigned."),
        waiting
          ? html`<button
              type="button"
              class="btn btn-primary"
              data-testid="see-unassigned"
              @click=${() => this.store.list.setFilters({ tab: "unassigned" })}
            >
              ${t("See the unassigned ones")}
            </button>`
          : undefined,
      );
    }
    return empty("inbox", t("No conversations"), t("New conversations appear here as they arrive."));
  }

  /** A new house: nothing can arrive before somebody connects a channel. */
  private unconnected() {
    return this.store.can("channel.manage")
      ? empty(
          "broadcast",
          t("Connect your first channel"),
          t("A WhatsApp number, or a chat on your site: then your customers' messages arrive here."),
          html`<a class="btn btn-primary" href="/settings/channels/new" data-testid="connect-first"
            >${t("Connect a channel")}</a
          >`,
        )
      : empty(
          "broadcast",
          t("No channel is connected yet"),
          t("Ask an administrator to connect one: then your customers' messages arrive here."),
        );
  }

  private readonly rowKey = (event: KeyboardEvent): void => {
    const { ids } = this.store.list;
    const focused = (event.target as HTMLElement).closest<HTMLElement>("[data-conversation-id]");
    const at = ids.indexOf(focused?.dataset.conversationId ?? "");
    const next = {
      ArrowDown: Math.min(at + 1, ids.length - 1),
      ArrowUp: at - 1,
      Home: 0,
      End: ids.length - 1,
    }[event.key];
    if (event.key === " " && focused) {
      event.preventDefault();
      this.open(focused.dataset.conversationId!);
    }
    if (next === undefined) return;
    event.preventDefault();
    if (next < 0) this.focusSearch();
    else this.focusRow(ids[next] ?? null);
  };

  private focusRow(id: string | null): void {
    if (!id) return;
    this.focusId = id;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const row = this.querySelector<HTMLElement>(`#card-${CSS.escape(id)}`);
      row?.focus();
      row?.scrollIntoView({ block: "nearest" });
    });
  }

  private open(id: string): void {
    this.focusId = id;
    this.dispatchEvent(new CustomEvent("open-conversation", { detail: id, bubbles: true }));
  }
}

function skeleton() {
  return html`<div class="skeletons" aria-hidden="true">
    ${[0, 1, 2, 3, 4, 5].map(
      () => html`<div class="skeleton-row">
        <span class="skeleton skeleton-circle"></span>
        <span class="skeleton-lines"
          ><span class="skeleton skeleton-line w-50"></span
          ><span class="skeleton skeleton-line"></span
        ></span>
      </div>`,
    )}
  </div>`;
}

customElements.define("ramal-conversation-list", ConversationList);
