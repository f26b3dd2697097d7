/** `<ramal-audio>`: play, seek, speed. One plays at a time; the speed is remembered. */

import { html, LitElement } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { duration } from "./format.js";
import { renewed } from "./media_url.js";
import type { Attachment } from "./types.js";

const SPEEDS = [1, 1.5, 2];
let playing: HTMLAudioElement | null = null;
let speed = 1;

export class AudioPlayer extends LitElement {
  static override properties = { file: { attribute: false } };
  declare file: Attachment;

  protected override createRenderRoot(): this {
    return this;
  }

  private get audio(): HTMLAudioElement | null {
    return this.querySelector("audio");
  }

  private readonly toggle = (): void => {
    const { audio } = this;
    if (!audio) return;
    if (!audio.paused) return audio.pause();
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    audio.playbackRate = speed;
    void audio.play().catch(() => this.requestUpdate());
  };

  private readonly faster = (): void => {
    speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length]!;
    if (this.audio) this.audio.playbackRate = speed;
    this.requestUpdate();
  };

  private readonly seek = (event: Event): void => {
    const { audio } = this;
    const share = Number((event.target as HTMLInputElement).value) / 1000;
    if (audio && Number.isFinite(audio.duration)) audio.currentTime = share * audio.duration;
  };

  protected override render() {
    const { audio, file } = this;
    const total = audio?.duration ?? Number.NaN;
    const at = audio?.currentTime ?? 0;
    const paused = audio?.paused ?? true;
    const share = Number.isFinite(total) && total > 0 ? Math.round((at / total) * 1000) : 0;
    const changed = () => this.requestUpdate();
    const spoken = t("{at} of {total}", { at: duration(at), total: duration(total) });
    return html`<div class="audio" data-testid="audio-player">
      <audio
        preload="metadata"
        src=${file.url ?? ""}
        @timeupdate=${changed}
        @play=${changed}
        @pause=${changed}
        @ended=${changed}
        @loadedmetadata=${changed}
        @error=${(event: Event) => renewed(event, file)}
      ></audio>
      <button
        type="button"
        class="audio-play"
        aria-label=${paused ? t("Play") : t("Pause")}
        @click=${this.toggle}
      >
        ${icon(paused ? "filled-player-play" : "filled-player-pause")}
      </button>
      <input
        class="audio-seek"
        type="range"
        min="0"
        max="1000"
        .value=${String(share)}
        aria-label=${t("Position")}
        aria-valuetext=${spoken}
        @input=${this.seek}
      />
      <span class="audio-time">${duration(at > 0 ? at : total)}</span>
      <button type="button" class="audio-speed" title=${t("Speed")} @click=${this.faster}>
        <span class="visually-hidden">${t("Speed")}</span> ${speed}×
      </button>
    </div>`;
  }
}

customElements.define("ramal-audio", AudioPlayer);
