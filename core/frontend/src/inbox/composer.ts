/** `<ramal-composer>`: where an agent writes a reply or a private note. */

import { html, nothing } from "lit";
import { registered } from "../host/registry.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { reopen, take } from "./actions.js";
import { filesStrip } from "./composer_files.js";
import { canWrite, nudge, windowLine } from "./composer_state.js";
import type { Mode } from "./drafts.js";
import { InboxElement } from "./element.js";
import { emojiPicker } from "./emoji.js";
import { plugged } from "./plugged.js";
import { slot } from "./slot.js";
import type { Attachment, Conversation, Message, Quote } from "./types.js";
import { carries, kindFor, pasted, run, startUpload } from "./uploads.js";
import type { Upload } from "./uploads.js";
import { kindIcon, preview } from "./words.js";

type Quoted = Quote & { id: string };

export class Composer extends InboxElement {
  static override properties = {
    ...InboxElement.properties,
    conversation: { attribute: false },
    mode: { state: true },
  };
  declare conversation: Conversation;
  declare mode: Mode;

  private shownId = "";
  private quote: Quoted | null = null;
  private readonly files = new Map<string, Upload[]>();
  private saveTimer = 0;
  private clockTimer = 0;

  constructor() {
    super();
    this.mode = "reply";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.clockTimer = setInterval(() => this.requestUpdate(), 30_000);
    addEventListener("pagehide", this.save);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.clockTimer);
    removeEventListener("pagehide", this.save);
    this.save();
  }

  private get input(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  private get uploads(): Upload[] {
    return this.files.get(this.fileKey) ?? [];
  }

  private get fileKey(): string {
    return `${this.shownId}.${this.mode}`;
  }

  setMode(mode: Mode, focus = true): void {
    if (mode !== this.mode) {
      this.save();
      this.mode = mode;
      void this.updateComplete.then(() => this.loadDraft());
    }
    if (focus) void this.updateComplete.then(() => this.input?.focus());
  }

  replyTo(message: Message): void {
    this.setMode("reply");
    const { id, provider_id, kind, body, direction } = message;
    this.quote = { id, provider_id, kind, body, direction };
    this.requestUpdate();
    void this.updateComplete.then(() => this.input?.focus());
  }

  insertText(text: string): void {
    const { input } = this;
    if (!input || input.disabled) return;
    input.focus();
    input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
    this.changed();
  }

  addFiles(files: Iterable<File>): void {
    const { conversation, store } = this;
    if (canWrite(store, conversation, this.mode).blocked) return;
    const capabilities = this.mode === "note" ? undefined : conversation.capabilities;
    const key = this.fileKey;
    for (const file of files) {
      const checked = kindFor(file, capabilities);
      if ("error" in checked) {
        store.toast(checked.error, "danger");
        continue;
      }
      const upload = startUpload(store.api, conversation.channel_id, file, checked.kind, () =>
        this.requestUpdate(),
      );
      this.files.set(key, [...(this.files.get(key) ?? []), upload]);
    }
    this.requestUpdate();
    this.input?.focus();
  }

  protected override willUpdate(): void {
    if (this.conversation.id === this.shownId) return;
    if (this.shownId) this.save();
    this.shownId = this.conversation.id;
    this.mode = "reply";
    this.quote = null;
    void this.updateComplete.then(() => this.loadDraft());
  }

  private loadDraft(): void {
    const stored = this.store.drafts.get(this.shownId, this.mode);
    this.quote = this.mode === "reply" ? (stored?.quote ?? this.quote) : null;
    if (this.input) this.input.value = stored?.body ?? "";
    this.grow();
    this.requestUpdate();
  }

  private readonly save = (): void => {
    clearTimeout(this.saveTimer);
    const { input } = this;
    if (input && this.shownId) {
      this.store.drafts.set(this.shownId, this.mode, input.value, this.quote);
    }
  };

  private readonly changed = (): void => {
    this.grow();
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(this.save, 300);
    const typing = this.mode === "reply" && this.conversation.capabilities?.typing;
    if (typing && this.input?.value) this.store.sendTyping(this.conversation.id);
    this.requestUpdate();
  };

  /** As tall as its text, up to the limit set in the style sheet. */
  private grow(): void {
    const { input } = this;
    if (!input) return;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight + 2}px`;
  }

  private readonly keys = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.quote) {
      event.stopPropagation();
      this.dropQuote();
    }
  };

  private readonly dropQuote = (): void => {
    this.quote = null;
    this.changed();
  };

  private readonly paste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.addFiles(files.map(pasted));
  };

  private get sendable(): boolean {
    const { uploads } = this;
    if (uploads.some((file) => file.state !== "ready")) return false;
    const text = this.input?.value.trim() ?? "";
    return (!!text || uploads.length > 0) && text.length <= this.limit;
  }

  private get limit(): number {
    if (this.mode === "note") return 20_000;
    return this.conversation.capabilities?.text_limit ?? 4096;
  }

  private readonly send = (): void => {
    const { input, conversation, store } = this;
    if (!input || canWrite(store, conversation, this.mode).blocked || !this.sendable) return;
    const attachments = this.uploads.flatMap((file): Attachment[] =>
      file.attachment ? [file.attachment] : [],
    );
    const body = input.value.trim();
    const [first] = attachments;
    store.outbox.send(conversation.id, {
      kind: this.mode === "note" ? "note" : "text",
      body,
      attachments,
      apart: !!first && !!body && !carries(first.kind, body, conversation.capabilities),
      ...(this.quote ? { reply_to: this.quote } : {}),
    });
    this.files.delete(this.fileKey);
    this.quote = null;
    input.value = "";
    this.save();
    this.grow();
    this.requestUpdate();
    input.focus();
  };

  private readonly chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.addFiles(input.files ?? []);
    input.value = "";
  };

  protected override render() {
    const { conversation, store, mode } = this;
    const state = canWrite(store, conversation, mode);
    return html`<section
      class="composer composer-${mode} ${state.blocked ? "is-blocked" : ""}"
      aria-label=${mode === "note" ? t("Private note") : t("Reply")}
    >
      <div class="composer-top">
        ${this.modes()} ${windowLine(conversation)}
      </div>
      ${state.blocked ? this.banner(state.blocked, state.action) : this.editor()}
    </section>`;
  }

  private modes() {
    const one = (mode: Mode, words: string, name: string, keys: string) => html`<button
      type="button"
      class="composer-mode mode-${mode}"
      aria-pressed=${this.mode === mode}
      title="${words} (${keys})"
      data-testid=${mode === "note" ? "note-toggle" : "reply-toggle"}
      @click=${() => this.setMode(mode)}
    >
      ${icon(name)}<span>${words}</span>
    </button>`;
    return html`<div class="composer-modes" role="group" aria-label=${t("What to write")}>
      ${one("reply", t("Reply"), "message-2", "Alt+L")}
      ${one("note", t("Private note"), "lock", "Alt+P")}
    </div>`;
  }

  private banner(reason: string, action?: "reopen") {
    return html`<div class="composer-banner" data-testid="composer-banner" role="status">
      ${icon(action ? "circle-check" : "clock-off")}
      <span>${reason}</span>
      ${action
        ? html`<button
            type="button"
            class="btn btn-sm btn-secondary"
            @click=${() => reopen(this.store, this.conversation.id)}
          >
            ${t("Reopen")}
          </button>`
        : nothing}
    </div>`;
  }

  private editor() {
    const { mode, store, conversation } = this;
    const hint = nudge(store, conversation, mode);
    return html`${hint
        ? html`<p class="composer-nudge">
            ${hint}
            <button type="button" class="link-button" @click=${() => take(store, conversation.id)}>
              ${t("Assign to me")}
            </button>
          </p>`
        : nothing}
      ${this.quoteStrip()}
      ${filesStrip(this.uploads, {
        remove: (upload) => this.removeFile(upload),
        retry: (upload) =>
          void run(store.api, conversation.channel_id, upload, () => this.requestUpdate()),
      })}
      <textarea
        class="composer-input"
        rows="1"
        placeholder=${mode === "note"
          ? t("Write a note only your team will see…")
          : t("Write a message…")}
        aria-label=${mode === "note" ? t("Private note") : t("Message")}
        data-testid="composer-input"
        @input=${this.changed}
        @keydown=${this.keys}
        @paste=${this.paste}
      ></textarea>
      ${this.bar()}`;
  }

  private removeFile(upload: Upload): void {
    upload.abort.abort();
    if (upload.preview) URL.revokeObjectURL(upload.preview);
    this.files.set(
      this.fileKey,
      this.uploads.filter((other) => other !== upload),
    );
    this.requestUpdate();
    this.input?.focus();
  }

  private quoteStrip() {
    const { quote, conversation } = this;
    if (!quote || this.mode === "note") return nothing;
    const symbol = kindIcon(quote.kind);
    return html`<div class="composer-quote" data-testid="reply-strip">
      <span class="quote">
        <span class="quote-name"
          >${quote.direction === "in" ? conversation.contact.name : t("You")}</span
        >
        <span class="quote-text">${symbol ? icon(symbol) : nothing}${preview(quote)}</span>
      </span>
      <button
        type="button"
        class="btn btn-quiet btn-icon btn-sm"
        aria-label=${t("Don't reply to this message")}
        @click=${this.dropQuote}
      >
        ${icon("x")}
      </button>
    </div>`;
  }

  private bar() {
    const { mode, conversation } = this;
    const length = this.input?.value.length ?? 0;
    const media = mode === "note" || Object.keys(conversation.capabilities?.media ?? {}).length > 0;
    const context = { conversation: { ...conversation }, mode };
    return html`<div class="composer-bar">
      ${emojiPicker((emoji) => this.insertText(emoji))}
      ${media
        ? html`<button
              type="button"
              class="btn btn-quiet btn-icon"
              aria-label=${t("Attach files")}
              title=${t("Attach files")}
              data-testid="attach-button"
              @click=${() => this.querySelector<HTMLInputElement>("input[type=file]")?.click()}
            >
              ${icon("paperclip")}
            </button>
            <input
              type="file"
              multiple
              hidden
              tabindex="-1"
              data-testid="attach-input"
              @change=${this.chosen}
            />`
        : nothing}
      ${registered("composerAction").map((spec) => plugged(spec.element, context))}
      ${slot(this.store.config, "inbox.composer.actions", { conversation: conversation.id }, true)}
      <span class="composer-hint">
        ${length > this.limit * 0.8
          ? html`<span class=${length > this.limit ? "is-over" : ""}
              >${length}/${this.limit}</span
            >`
          : html`<span class="composer-keys">${t("Shift+Enter for a new line")}</span>`}
      </span>
      <button
        type="button"
        class="btn btn-primary btn-send"
        ?disabled=${!this.sendable}
        aria-label=${mode === "note" ? t("Save note") : t("Send")}
        data-testid="send-button"
        @click=${this.send}
      >
        <span>${mode === "note" ? t("Save note") : t("Send")}</span>${icon("send-2")}
      </button>
    </div>`;
  }
}

customElements.define("ramal-composer", Composer);
