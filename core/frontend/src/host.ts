/**
 * `@ramal/host`, version 1: what a plugin's ES module may add to the inbox without being rebuilt
 * with it. Elements receive `host` (this object) and `context` ({conversation, …}, frozen) as
 * properties, again on every change. An element that throws is replaced by an error card.
 */

export interface HostContext {
  readonly conversation: Readonly<Record<string, unknown>> | null;
  readonly message?: Readonly<Record<string, unknown>>;
  readonly mode?: "reply" | "note";
}

export interface PanelSpec {
  id: string;
  /** Tag name of a custom element. */
  element: string;
  title?: string;
  order?: number;
}

export interface ComposerActionSpec extends Omit<PanelSpec, "title"> {
  title?: string;
}

export interface MessageRendererSpec extends Omit<PanelSpec, "title"> {
  /** Whether this element shows the message instead of the built-in bubble content. */
  match(message: Readonly<Record<string, unknown>>): boolean;
}

export interface CommandSpec {
  id: string;
  title: string;
  order?: number;
  run(context: HostContext): void;
}

export interface ShortcutSpec extends CommandSpec {
  /** tinykeys notation, by physical key: "Alt+KeyB". */
  keys: string;
}

interface Registry {
  panel: PanelSpec[];
  composerAction: ComposerActionSpec[];
  messageRenderer: MessageRendererSpec[];
  command: CommandSpec[];
  shortcut: ShortcutSpec[];
}

/** What the running inbox lends to plugins. */
interface Bridge {
  insertText(text: string): void;
  announce(text: string): void;
  toast(text: string, kind?: "info" | "success" | "danger"): void;
}

interface Shared {
  registry: Registry;
  changes: EventTarget;
  bridge: Bridge | null;
}

// One registry per page, even where the bundler made two copies of this module.
const KEY = Symbol.for("ramal.host.1");
const globals = globalThis as unknown as Record<symbol, Shared>;
const shared: Shared = (globals[KEY] ??= {
  registry: { panel: [], composerAction: [], messageRenderer: [], command: [], shortcut: [] },
  changes: new EventTarget(),
  bridge: null,
});

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
  announce: (text: string) => shared.bridge?.announce(text),
  toast: (text: string, kind?: "info" | "success" | "danger") => shared.bridge?.toast(text, kind),
});

export default host;

/** @internal For the inbox only. */
export function registered<K extends keyof Registry>(kind: K): readonly Registry[K][number][] {
  return shared.registry[kind];
}

/** @internal For the inbox only. */
export function onRegistered(listener: () => void): () => void {
  shared.changes.addEventListener("change", listener);
  return () => shared.changes.removeEventListener("change", listener);
}

/** @internal For the inbox only. */
export function connectHost(bridge: Bridge): void {
  shared.bridge = bridge;
}
