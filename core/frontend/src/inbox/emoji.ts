/** A small emoji popover: what customer service uses, in four rows of meaning. */

import { html } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";

const GROUPS: [() => string, string][] = [
  [() => t("Smileys"), "😀 😃 😄 😁 😅 😂 🙂 😉 😊 😇 🥰 😍 😘 😋 😎 🤩 🤗 🤔 🤨 😐 😬 🙄 😌 😴 😷 🥳 😕 😟 😮 😢 😭 😱 😤 😡 🤯 🫡"],
  [() => t("Gestures"), "👍 👎 👌 ✌️ 🤞 🤝 👏 🙌 🙏 💪 👋 🫶 👉 👈 👆 👇 ✋ 🤙"],
  [() => t("Symbols"), "❤️ 🧡 💛 💚 💙 💜 💔 ✅ ❌ ⚠️ ❗ ❓ ⭐ ✨ 🔥 🎉 🎁 💯"],
  [() => t("Things"), "📦 🚚 🛒 💳 💰 🧾 📄 📎 📅 ⏰ 📞 📱 💻 📷 📍 🏠 ☕ 🍕"],
];

const COLUMNS = 9;

/** Keys that move the focus so many visible buttons on. */
export function walking(steps: Record<string, number>) {
  return (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (!step) return;
    const all = (event.currentTarget as HTMLElement).querySelectorAll("button");
    const buttons = [...all].filter((button) => button.offsetParent);
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
}

const inGrid = walking({
  ArrowRight: 1,
  ArrowLeft: -1,
  ArrowDown: COLUMNS,
  ArrowUp: -COLUMNS,
});

export interface PickerButton {
  id: string;
  label: string;
  face: string;
  classes: string;
  testid: string;
}

function composerButton(): PickerButton {
  const classes = "btn btn-quiet btn-icon";
  return { id: "emoji-picker", label: t("Emoji"), face: "mood-smile", classes, testid: "emoji-button" };
}

export function emojiPicker(pick: (emoji: string) => void, button = composerButton()) {
  return html`<button
      type="button"
      class=${button.classes}
      popovertarget=${button.id}
      aria-expanded="false"
      aria-label=${button.label}
      title=${button.label}
      data-testid=${button.testid}
    >
      ${icon(button.face)}
    </button>
    <div id=${button.id} popover class="menu emoji" data-menu="start" @keydown=${inGrid}>
      ${GROUPS.map(
        ([title, emoji]) => html`<p class="menu-title">${title()}</p>
          <div class="emoji-grid">
            ${emoji.split(" ").map(
              (symbol) => html`<button
                type="button"
                class="emoji-item"
                data-menu-close
                @click=${() => pick(symbol)}
              >
                ${symbol}
              </button>`,
            )}
          </div>`,
      )}
    </div>`;
}
