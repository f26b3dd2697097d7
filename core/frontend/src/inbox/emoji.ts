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

function walk(event: KeyboardEvent): void {
  const step = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: COLUMNS,
    ArrowUp: -COLUMNS,
  }[event.key];
  if (!step) return;
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
  event.preventDefault();
  event.stopPropagation();
}

export function emojiPicker(pick: (emoji: string) => void) {
  return html`<button
      type="button"
      class="btn btn-quiet btn-icon"
      popovertarget="emoji-picker"
      aria-expanded="false"
      aria-label=${t("Emoji")}
      title=${t("Emoji")}
      data-testid="emoji-button"
    >
      ${icon("mood-smile")}
    </button>
    <div id="emoji-picker" popover class="menu emoji" data-menu="start" @keydown=${walk}>
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
