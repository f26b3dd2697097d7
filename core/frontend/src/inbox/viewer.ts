/** `<ramal-media-viewer>`: pictures and films of a thread, large, with the arrow keys. */

import { html, LitElement, nothing } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { fileName } from "./attachments_view.js";
import { renewed } from "./media_url.js";
import type { Attachment, Message } from "./types.js";

export class MediaViewer extends LitElement {
  static override properties = {
    items: { state: true },
    index: { state: true },
    zoomed: { state: true },
  };
  declare items: Attachment[];
  declare index: number;
  declare zoomed: boolean;

  constructor() {
    super();
    this.items = [];
    this.index = 0;
    this.zoomed = false;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  /** Show `file` among all that the thread's messages hold. */
  async open(messages: Message[], file: Attachment): Promise<void> {
    this.items = messages
      .filter((message) => !message.revoked_at)
      .flatMap((message) => message.attachments)
      .filter(({ kind, state, url }) => state === "ready" && url && viewable(kind));
    this.index = Math.max(0, this.items.findIndex(({ id }) => id === file.id));
    this.zoomed = false;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  private readonly step = (by: number): void => {
    this.querySelector("video")?.pause();
    this.index = (this.index + by + this.items.length) % this.items.length;
    this.zoomed = false;
  };

  private readonly keys = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by && !(event.target instanceof HTMLVideoElement)) this.step(by);
  };

  private readonly close = (): void => {
    this.querySelector("video")?.pause();
    this.querySelector("dialog")?.close();
  };

  protected override render() {
    const file = this.items[this.index];
    return html`<dialog
      class="viewer"
      data-testid="media-viewer"
      aria-label=${t("Media viewer")}
      @keydown=${this.keys}
      @click=${(event: Event) => {
        if ((event.target as Element).matches("dialog, .viewer-stage")) this.close();
      }}
    >
      ${file ? this.inside(file) : nothing}
    </dialog>`;
  }

  private inside(file: Attachment) {
    const many = this.items.length > 1;
    return html`<div class="viewer-bar">
        <span class="viewer-name text-truncate">${fileName(file)}</span>
        ${many ? html`<span>${this.index + 1} / ${this.items.length}</span>` : nothing}
        <a
          class="btn btn-quiet btn-icon"
          href=${file.url ?? ""}
          download=${file.filename ?? ""}
          aria-label=${t("Download")}
          title=${t("Download")}
          >${icon("download")}</a
        >
        <button
          type="button"
          class="btn btn-quiet btn-icon"
          aria-label=${t("Close")}
          data-testid="viewer-close"
          @click=${this.close}
        >
          ${icon("x")}
        </button>
      </div>
      <div class="viewer-stage ${this.zoomed ? "is-zoomed" : ""}" tabindex="0">${this.media(file)}</div>
      ${many
        ? html`<button
              type="button"
              class="viewer-step viewer-back"
              aria-label=${t("Previous")}
              @click=${() => this.step(-1)}
            >
              ${icon("chevron-left")}
            </button>
            <button
              type="button"
              class="viewer-step viewer-next"
              aria-label=${t("Next")}
              @click=${() => this.step(1)}
            >
              ${icon("chevron-right")}
            </button>`
        : nothing}`;
  }

  private media(file: Attachment) {
    const failed = (event: Event) => renewed(event, file);
    if (file.kind === "video") {
      return html`<video controls autoplay src=${file.url ?? ""} @error=${failed}></video>`;
    }
    return html`<img
      src=${file.url ?? ""}
      alt=${fileName(file)}
      @error=${failed}
      @click=${() => (this.zoomed = !this.zoomed)}
    />`;
  }
}

function viewable(kind: string): boolean {
  return kind === "image" || kind === "video" || kind === "sticker";
}

customElements.define("ramal-media-viewer", MediaViewer);
