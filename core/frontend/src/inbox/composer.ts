/** `<ramal-composer>`: where an agent writes a reply or a private note. */

import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { registered } from "../host/registry.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { reopen, take } from "./actions.js";
import { editMessage, possible, wordsOf } from "./changes.js";
import { filesStrip } from "./composer_files.js";
import { canWrite, nudge, windowLine } from "./composer_state.js";
import { blockedBanner, editStrip, modeButtons, quoteStrip } from "./composer_strips.js";
import type { Mode } from "./drafts.js";
import { InboxElement } from "./element.js";
import { emojiPicker } from "./emoji.js";
import { plugged } from "./plugged.js";
import { slot } from "./slot.js";
import type { Attachment, Conversation, Message, Quote } from "./types.js";
import { carries, kindFor, pasted, run, startUpload } from "./uploads.js";
import type { Upload } from "./uploads.js";
import { voiceButton, voiceForm } from "./voice.js";

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
  /** The message whose words stand in the field, instead of the draft. */
  private editing: Message | null = null;
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
      this.editing = null;
      this.mode = mode;
      void this.updateComplete.then(() => this.loadDraft());
    }
    if (focus) void this.updateComplete.then(() => this.input?.focus());
  }

  replyTo(message: Message): void {
    this.stopEditing();
    this.setMode("reply");
    const { id, provider_id, kind, body, direction } = message;
    this.quote = { id, provider_id, kind, body, direction };
    this.requestUpdate();
    void this.updateComplete.then(() => this.input?.focus());
  }

  /** Put a message's words into the field; the draft that stands there is kept until that is over. */
  edit(message: Message): void {
    if (this.mode === "reply") this.save();
    else this.setMode("reply", false);
    this.editing = message;
    this.requestUpdate();
    // The menu that it was chosen from takes the focus back first.
    void this.updateComplete.then(() => requestAnimationFrame(() => this.fill(wordsOf(message))));
  }

  private fill(text: string): void {
    const { input } = this;
    if (!input) return;
    input.value = text;
    input.focus();
    input.setSelectionRange(text.length, text.length);
    this.grow();
    this.requestUpdate();
  }

  private readonly stopEditing = (): void => {
    if (!this.editing) return;
    this.editing = null;
    this.loadDraft();
    this.input?.focus();
  };

  /** The last message of ours whose words can still be changed. */
  private editLast(): void {
    const { conversation, store } = this;
    const last = store.threads
      .peek(conversation.id)
      ?.items.findLast(
        (item) => item.author?.id === store.me.id && possible(store, conversation, item).edit,
      );
    if (last) this.edit(last);
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
    if (this.editing) {
      store.toast(t("Finish editing first."));
      return;
    }
    const capabilities = this.mode === "note" ? undefined : conversation.capabilities;
    const key = this.fileKey;
    for (const file of files) {
      const checked = kindFor(file, capabilities);
      if ("error" in checked) {
        store.toast(checked.error, "danger");
        continue;
      }
      this.upload(file, checked.kind, key);
    }
    this.requestUpdate();
    this.input?.focus();
  }

  private upload(file: File, kind: string, key: string): void {
    const { conversation, store } = this;
    const upload = startUpload(store.api, conversation.channel_id, file, kind, () => this.requestUpdate());
    this.files.set(key, [...(this.files.get(key) ?? []), upload]);
  }

  private readonly recorded = (file: File): void => {
    this.upload(file, "voice", this.fileKey);
    this.requestUpdate();
    void this.updateComplete.then(() => this.input?.focus());
  };

  private readonly refused = (): void => {
    this.store.toast(t("The browser gives no access to a microphone. Allow it for this page, then try again."), "danger");
  };

  protected override willUpdate(): void {
    if (this.conversation.id === this.shownId) return;
    if (this.shownId) this.save();
    this.shownId = this.conversation.id;
    this.mode = "reply";
    this.quote = null;
    this.editing = null;
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
    if (input && this.shownId && !this.editing) {
      this.store.drafts.set(this.shownId, this.mode, input.value, this.quote);
    }
  };

  private readonly changed = (): void => {
    this.grow();
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(this.save, 300);
    const typing = this.mode === "reply" && !this.editing && this.conversation.capabilities?.typing;
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
    } else if (event.key === "Escape" && this.editing) {
      event.stopPropagation();
      this.stopEditing();
    } else if (event.key === "Escape" && this.quote) {
      event.stopPropagation();
      this.dropQuote();
    } else if (event.key === "ArrowUp" && this.untouched) {
      event.preventDefault();
      this.editLast();
    }
  };

  /** Nothing is being written. */
  private get untouched(): boolean {
    const empty = !this.input?.value && !this.uploads.length && !this.quote;
    return empty && this.mode === "reply" && !this.editing;
  }

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
    const { editing, uploads } = this;
    if (editing) {
      const words = this.input?.value.trim() ?? "";
      return !!words && words.length <= this.limit;
    }
    if (uploads.some((file) => file.state !== "ready")) return false;
    const text = this.input?.value.trim() ?? "";
    return (!!text || uploads.length > 0) && text.length <= this.limit;
  }

  private get limit(): number {
    if (this.mode === "note") return 20_000;
    const { capabilities } = this.conversation;
    const caption = this.editing && this.editing.kind !== "text" ? capabilities?.caption_limit : null;
    return caption ?? capabilities?.text_limit ?? 4096;
  }

  private readonly send = (): void => {
    const { input, conversation, store } = this;
    if (!input || canWrite(store, conversation, this.mode).blocked || !this.sendable) return;
    if (this.editing) {
      void this.saveEdit(this.editing, input.value.trim());
      return;
    }
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

  /** The words stay in the field until the server has taken them. */
  private async saveEdit(message: Message, body: string): Promise<void> {
    const saved = body === message.body || (await editMessage(this.store, message, body));
    if (saved && this.editing === message) this.stopEditing();
  }

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
        ${modeButtons(mode, (chosen) => this.setMode(chosen))} ${windowLine(conversation)}
      </div>
      ${state.blocked
        ? blockedBanner(state.blocked, state.action && (() => void reopen(store, conversation.id)))
        : this.editor()}
    </section>`;
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
      ${this.editing ? editStrip(this.editing, this.stopEditing) : nothing}
      ${this.quote && !this.editing && mode === "reply" ? quoteStrip(this.quote, conversation, this.dropQuote) : nothing}
      ${filesStrip(this.editing ? [] : this.uploads, {
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
        aria-label=${mode === "note" ? t("Private note") : this.editing ? t("Edit message") : t("Message")}
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

  private bar() {
    const { mode, conversation } = this;
    const length = this.input?.value.length ?? 0;
    const media = !this.editing && (mode === "note" || Object.keys(conversation.capabilities?.media ?? {}).length > 0);
    const words = this.editing ? t("Save") : mode === "note" ? t("Save note") : t("Send");
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
      ${mode === "reply" && !this.editing
        ? keyed(
            conversation.id,
            voiceButton(voiceForm(conversation.capabilities), this.recorded, this.refused),
          )
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
        aria-label=${words}
        data-testid="send-button"
        @click=${this.send}
      >
        <span>${words}</span>${icon(this.editing ? "check" : "send-2")}
      </button>
    </div>`;
  }
}

customElements.define("ramal-composer", Composer);
