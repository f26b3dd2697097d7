/**
 * Keeps a thread's scroll where the reader expects it: glued to the bottom while they are there,
 * else on the same message, whatever loads, grows or arrives above or below.
 */

const NEAR = 48;

export class ScrollKeeper {
  private anchor: { element: Element; top: number } | null = null;
  private readonly resized: ResizeObserver;
  pinned = true;

  constructor(
    private readonly box: HTMLElement,
    content: HTMLElement,
    private readonly rows: string,
    private readonly moved: () => void,
  ) {
    this.resized = new ResizeObserver(() => this.hold());
    this.resized.observe(content);
    this.resized.observe(box);
    box.addEventListener("scroll", this.scrolled, { passive: true });
  }

  stop(): void {
    this.resized.disconnect();
    this.box.removeEventListener("scroll", this.scrolled);
  }

  /** Put things back after the content changed. */
  hold(): void {
    if (this.pinned) {
      this.box.scrollTop = this.box.scrollHeight;
    } else if (this.anchor?.element.isConnected) {
      const difference = this.anchor.element.getBoundingClientRect().top - this.anchor.top;
      if (Math.abs(difference) > 0.5) this.box.scrollTop += difference;
    }
  }

  toBottom(smooth = false): void {
    this.pinned = true;
    this.box.scrollTo({ top: this.box.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  }

  /** Bring an element to the middle, and stay on it. */
  show(element: Element, block: ScrollLogicalPosition = "center"): void {
    this.pinned = false;
    element.scrollIntoView({ block, behavior: "instant" });
    this.anchor = { element, top: element.getBoundingClientRect().top };
    this.moved();
  }

  private readonly scrolled = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    this.pinned = scrollHeight - scrollTop - clientHeight < NEAR;
    this.remember();
    this.moved();
  };

  private remember(): void {
    const edge = this.box.getBoundingClientRect().top;
    this.anchor = null;
    for (const element of this.box.querySelectorAll(this.rows)) {
      const { top, bottom } = element.getBoundingClientRect();
      if (bottom <= edge) continue;
      this.anchor = { element, top };
      return;
    }
  }
}
