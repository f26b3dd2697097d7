/**
 * Keeps a thread's scroll where the reader expects it: glued to the bottom while they are there,
 * else on the same message, whatever loads, grows or arrives above or below.
 */

const NEAR = 48;

export class ScrollKeeper {
  /** What must not move, and where it is in the window. */
  private anchor: { element: Element; top: number } | null = null;
  /** Where we put the scroll ourselves: an event that finds it there is not the reader's. */
  private expected = -1;
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

  /** Put things back after the content changed. A hidden box (on phones) has no place to hold. */
  hold(): void {
    if (!this.box.clientHeight) return;
    if (this.pinned) {
      this.put(this.box.scrollHeight);
    } else if (this.anchor?.element.isConnected) {
      const difference = this.anchor.element.getBoundingClientRect().top - this.anchor.top;
      if (Math.abs(difference) > 0.5) this.put(this.box.scrollTop + difference);
    }
  }

  toBottom(): void {
    this.pinned = true;
    this.put(this.box.scrollHeight);
    this.moved();
  }

  /** Bring an element to the middle, and stay on it. */
  show(element: Element): void {
    // Not scrollIntoView: it would move the boxes around this one too.
    const place = element.getBoundingClientRect();
    const around = this.box.getBoundingClientRect();
    const middle = (around.top + around.bottom) / 2 - place.height / 2;
    this.put(this.box.scrollTop + place.top - middle);
    this.pinned = this.atBottom;
    this.anchor = { element, top: element.getBoundingClientRect().top };
    this.moved();
  }

  private get atBottom(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  private put(top: number): void {
    this.box.scrollTop = top;
    this.expected = this.box.scrollTop;
  }

  private readonly scrolled = (): void => {
    if (!this.box.clientHeight) return;
    if (Math.abs(this.box.scrollTop - this.expected) > 1.5) {
      this.expected = -1;
      this.pinned = this.atBottom;
      this.remember();
    }
    this.moved();
  };

  /** The first row in sight, found by halving: rows follow one another downwards. */
  private remember(): void {
    const edge = this.box.getBoundingClientRect().top;
    const rows = this.box.querySelectorAll(this.rows);
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle]!.getBoundingClientRect().bottom <= edge) low = middle + 1;
      else high = middle;
    }
    const element = rows[low];
    this.anchor = element ? { element, top: element.getBoundingClientRect().top } : null;
  }
}
