/**
 * Where plugins' registrations are kept, and how the inbox reads them. The module that plugins see
 * is host.ts; this one is the inbox's side of it.
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

export interface Registry {
  panel: PanelSpec[];
  composerAction: ComposerActionSpec[];
  messageRenderer: MessageRendererSpec[];
  command: CommandSpec[];
  shortcut: ShortcutSpec[];
}

/** What the running inbox lends to plugins. */
export interface Bridge {
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
export const shared: Shared = (globals[KEY] ??= {
  registry: { panel: [], composerAction: [], messageRenderer: [], command: [], shortcut: [] },
  changes: new EventTarget(),
  bridge: null,
});

export function registered<K extends keyof Registry>(kind: K): readonly Registry[K][number][] {
  return shared.registry[kind];
}

/** Call `listener` whenever a plugin registers something; returns how to stop. */
export function onRegistered(listener: () => void): () => void {
  shared.changes.addEventListener("change", listener);
  return () => shared.changes.removeEventListener("change", listener);
}

export function connectHost(bridge: Bridge): void {
  shared.bridge = bridge;
}
