import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Realtime } from "../src/inbox/socket.js";
import type { RealtimeEvent } from "../src/inbox/types.js";

/** Stands in for the browser's WebSocket: the test plays the server. */
class FakeSocket {
  static readonly OPEN = 1;
  static last: FakeSocket;
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    FakeSocket.last = this;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }

  says(message: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

function start(position: number | null) {
  const log: string[] = [];
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const line = new Realtime(
    {
      event: (event: RealtimeEvent) => log.push(`event ${event.id}`),
      resync: () => log.push("resync"),
      greeted: (again) => log.push(again ? "again" : "hello"),
      state: (state) => log.push(state),
      poll: () => log.push("poll"),
    },
    position,
    "ws://test/ws",
  );
  Object.assign(globalThis, {
    WebSocket: FakeSocket,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  });
  line.start();
  FakeSocket.last.onopen?.();
  return { line, log };
}

function end(line: Realtime): void {
  line.stop();
  mock.timers.reset();
}

test("says hello with the last position, and drops what it has seen", () => {
  const { line, log } = start(7);
  assert.deepEqual(FakeSocket.last.sent, [{ type: "hello", last: 7 }]);
  FakeSocket.last.says({ type: "hello", position: 9 });
  for (const id of [8, 8, 9, 7, 10]) FakeSocket.last.says({ type: "x", id, data: {} });
  FakeSocket.last.says({ type: "typing", id: null, data: {} });
  assert.deepEqual(log.filter((entry) => entry.startsWith("event")), [
    "event 8",
    "event 9",
    "event 10",
    "event null",
  ]);
  end(line);
});

test("comes back by itself and resumes where it was", () => {
  const { line, log } = start(null);
  FakeSocket.last.says({ type: "hello", position: 3 });
  FakeSocket.last.says({ type: "x", id: 4, data: {} });
  const first = FakeSocket.last;
  first.onclose?.();
  assert.ok(log.includes("reconnecting"));
  mock.timers.tick(1100);
  assert.notEqual(FakeSocket.last, first);
  FakeSocket.last.onopen?.();
  assert.deepEqual(FakeSocket.last.sent, [{ type: "hello", last: 4 }]);
  FakeSocket.last.says({ type: "hello", position: 4 });
  assert.equal(log.at(-1), "again");
  end(line);
});

test("a silent line is dead: no pong within ten seconds", () => {
  const { line, log } = start(null);
  FakeSocket.last.says({ type: "hello", position: 0 });
  mock.timers.tick(25_000);
  assert.deepEqual(FakeSocket.last.sent.at(-1), { type: "ping" });
  mock.timers.tick(10_001);
  assert.ok(log.includes("reconnecting"));
  end(line);
});

test("polls while the socket stays down, and stops when it is back", () => {
  const { line, log } = start(null);
  for (let i = 0; i < 4; i++) {
    FakeSocket.last.onclose?.();
    mock.timers.tick(31_000);
  }
  assert.ok(log.includes("poll"));
  FakeSocket.last.says({ type: "hello", position: 1 });
  const before = log.filter((entry) => entry === "poll").length;
  mock.timers.tick(9_000);
  assert.equal(log.filter((entry) => entry === "poll").length, before);
  end(line);
});

test("a log that went back to before our position means starting over", () => {
  const { line, log } = start(500);
  FakeSocket.last.says({ type: "hello", position: 12 });
  assert.equal(log.at(-1), "resync");
  FakeSocket.last.says({ type: "x", id: 13, data: {} });
  assert.equal(log.at(-1), "event 13");
  end(line);
});
