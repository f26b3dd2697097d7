/** `<ramal-voice>`: record a voice message. Its event `recorded` carries the file; what becomes of it is the composer's. */

import { html, LitElement, nothing } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { duration } from "./format.js";
import type { Capabilities } from "./types.js";

/** What browsers can record, the form that phones send first. */
const FORMS = [
  { type: "audio/ogg", codecs: "opus", ending: "ogg" },
  { type: "audio/mp4", codecs: "mp4a.40.2", ending: "m4a" },
  { type: "audio/webm", codecs: "opus", ending: "webm" },
] as const;
/** Longest recording, in seconds: nobody listens longer, and a microphone that was forgotten ends by itself. */
const LONGEST = 600;

type Form = (typeof FORMS)[number];

/** The form this browser records that the channel takes as a voice message. */
export function voiceForm(capabilities: Capabilities | undefined): Form | undefined {
  if (!capabilities || !("voice" in capabilities.media) || !("MediaRecorder" in globalThis)) return undefined;
  const types = capabilities.mime_types.voice ?? [];
  return FORMS.find(
    ({ type, codecs }) =>
      (!types.length || types.includes(type)) && MediaRecorder.isTypeSupported(`${type};codecs=${codecs}`),
  );
}

export class VoiceRecorder extends LitElement {
  static override properties = { form: { attribute: false }, seconds: { state: true } };
  declare form: Form;
  /** How long it has been recording; null: it is not. */
  declare seconds: number | null;

  private recorder: MediaRecorder | null = null;
  private timer = 0;

  constructor() {
    super();
    this.seconds = null;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.cancel();
  }

  private readonly start = async (): Promise<void> => {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.tell("refused", null);
      return;
    }
    if (!this.isConnected || this.recorder) {
      silence(stream);
      return;
    }
    const chunks: Blob[] = [];
    const { type, codecs } = this.form;
    const recorder = new MediaRecorder(stream, { mimeType: `${type};codecs=${codecs}` });
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    recorder.onstop = () => {
      silence(stream);
      if (this.recorder === recorder) this.tell("recorded", this.file(chunks));
      this.rest();
    };
    recorder.start();
    this.recorder = recorder;
    this.seconds = 0;
    this.timer = setInterval(() => this.tick(), 1000);
    await this.updateComplete;
    this.querySelector<HTMLElement>("[data-testid=voice-stop]")?.focus();
  };

  private tick(): void {
    this.seconds = (this.seconds ?? 0) + 1;
    if (this.seconds >= LONGEST) this.stop();
  }

  private readonly stop = (): void => {
    this.recorder?.stop();
  };

  private readonly cancel = (): void => {
    const { recorder } = this;
    this.rest();
    recorder?.stop();
  };

  private readonly keys = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.cancel();
  };

  private rest(): void {
    clearInterval(this.timer);
    this.recorder = null;
    this.seconds = null;
  }

  private file(chunks: Blob[]): File {
    const { type, ending } = this.form;
    const name = `${t("voice message")} ${duration(this.seconds ?? 0).replace(":", "-")}.${ending}`;
    return new File(chunks, name, { type });
  }

  private tell(name: "recorded" | "refused", detail: File | null): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  protected override render() {
    if (this.seconds === null) return button("microphone", t("Record a voice message"), "voice-start", this.start);
    return html`<span class="voice-recorder" role="group" aria-label=${t("Voice message")} @keydown=${this.keys}>
      <span class="voice-time" role="timer" data-testid="voice-time">${duration(this.seconds)}</span>
      ${button("x", t("Throw the recording away"), "voice-cancel", this.cancel)}
      ${button("check", t("Stop recording"), "voice-stop", this.stop)}
    </span>`;
  }
}

function button(name: string, label: string, testid: string, run: () => void) {
  return html`<button
    type="button"
    class="btn btn-quiet btn-icon"
    aria-label=${label}
    title=${label}
    data-testid=${testid}
    @click=${run}
  >
    ${icon(name)}
  </button>`;
}

function silence(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

customElements.define("ramal-voice", VoiceRecorder);

export function voiceButton(form: Form | undefined, recorded: (file: File) => void, refused: () => void) {
  if (!form) return nothing;
  return html`<ramal-voice
    .form=${form}
    @recorded=${(event: CustomEvent<File>) => recorded(event.detail)}
    @refused=${refused}
  ></ramal-voice>`;
}
