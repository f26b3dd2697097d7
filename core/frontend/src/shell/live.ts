/**
 * The page's line to the server, for the bell and for plugins: opened with the first listener, shared by all. The inbox has one of
 * its own and passes on what it hears.
 */

import { Realtime } from "../inbox/socket.js";
import type { RealtimeEvent } from "../inbox/types.js";

export interface LiveListener {
  /** Something happened, in order. */
  event(event: Readonly<RealtimeEvent>): void;
  /** Something may have been missed: load what is shown again. */
  missed?(): void;
}

interface Line {
  listeners: Set<LiveListener>;
  opened: boolean;
  /** The server has greeted: whoever listens from now on may have missed something before. */
  greeted: boolean;
}

// One line per page, even where the bundler made two copies of this module.
const KEY = Symbol.for("ramal.live.1");
const globals = globalThis as unknown as Record<symbol, Line>;
const line: Line = (globals[KEY] ??= { listeners: new Set(), opened: false, greeted: false });

/** Hear events of the socket until the answer is called. */
export function listen(listener: LiveListener): () => void {
  line.listeners.add(listener);
  if (!line.opened && !document.querySelector("ramal-inbox")) open();
  if (line.greeted) listener.missed?.();
  return () => line.listeners.delete(listener);
}

/** What a page with a socket of its own has heard; null: it may have missed something. */
export function passOn(event: RealtimeEvent | null): void {
  for (const listener of line.listeners) {
    try {
      if (event) listener.event(event);
      else listener.missed?.();
    } catch (error) {
      console.error(error);
    }
  }
}

function open(): void {
  line.opened = true;
  const missed = () => passOn(null);
  new Realtime({
    event: passOn,
    resync: missed,
    poll: missed,
    // Also the first time: something may have happened between the page and the socket.
    greeted: () => {
      line.greeted = true;
      missed();
    },
    state: () => {},
  }).start();
}
