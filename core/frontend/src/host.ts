/**
 * `@ramal/host`, version 1: what a plugin's ES module may add to the inbox without being rebuilt
 * with it, and what it may use on every page. Elements receive `host` (this object) and `context`
 * ({conversation, …}, frozen) as properties, again on every change. An element that throws is replaced by an error card.
 */

import { shared } from "./host/registry.js";
import type { Registry } from "./host/registry.js";
import { announce } from "./inbox/attention.js";
import { listen } from "./shell/live.js";

export type {
  CommandSpec,
  ComposerActionSpec,
  HostContext,
  MessageRendererSpec,
  PanelSpec,
  ShortcutSpec,
} from "./host/registry.js";

function adder<K extends keyof Registry>(kind: K): (spec: Registry[K][number]) => void {
  return (spec) => {
    if (!spec.id) throw new TypeError(`register.${kind}: id is missing`);
    const list = shared.registry[kind] as { id: string; order?: number }[];
    const index = list.findIndex((other) => other.id === spec.id);
    if (index >= 0) list[index] = spec;
    else list.push(spec);
    list.sort((a, b) => (a.order ?? 100) - (b.order ?? 100) || a.id.localeCompare(b.id));
    shared.changes.dispatchEvent(new Event("change"));
  };
}

export const register = Object.freeze({
  panel: adder("panel"),
  composerAction: adder("composerAction"),
  messageRenderer: adder("messageRenderer"),
  command: adder("command"),
  shortcut: adder("shortcut"),
});

export const host = Object.freeze({
  api: 1 as const,
  /** Insert text where the agent is writing. */
  insertText: (text: string) => shared.bridge?.insertText(text),
  /** Say something to screen readers, politely. */
  announce,
  toast: (text: string, kind: "info" | "success" | "danger" = "info") => {
    if (shared.bridge) shared.bridge.toast(text, kind);
    else document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));
  },
  /**
   * Hear what happens, on any page: `{event({type, data, id, at}), missed()}`. `missed` is called when the line opens
   * or was interrupted: load again what is shown. Answers a function that ends it.
   */
  listen,
});

export default host;
