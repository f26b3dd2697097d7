/** The server's clock as seen from here, so that countdowns hold on a machine whose clock is off. */

let offset = 0;

/** Learn from an answer's Date header (seconds; a difference below two means nothing). */
export function learn(header: string | null): void {
  const server = header ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(server)) return;
  const difference = server - Date.now();
  offset = Math.abs(difference) > 2000 ? difference : 0;
}

/** Milliseconds since the epoch, by the server's clock. */
export function now(): number {
  return Date.now() + offset;
}
