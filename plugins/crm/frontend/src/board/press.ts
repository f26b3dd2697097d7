/** A card under a finger or a mouse button: it is left alone until that is up again, or the click would hit nothing. */

let pressed: string | null = null;

export function startPresses(): void {
  document.addEventListener("pointerdown", ({ target }) => {
    pressed = (target as Element).closest<HTMLElement>("[data-deal]")?.dataset.deal ?? null;
  });
  // The click comes right after.
  const up = () => setTimeout(() => (pressed = null));
  document.addEventListener("pointerup", up);
  document.addEventListener("pointercancel", up);
}

/** Whether this card is pressed; any, without an id. */
export const isPressed = (id?: string): boolean => (id === undefined ? pressed !== null : pressed === id);
