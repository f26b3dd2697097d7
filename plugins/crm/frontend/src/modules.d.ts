// Sortable ships no types; these are the parts that the board uses.
declare module "sortablejs/modular/sortable.esm.js" {
  export interface SortableEvent extends Event {
    item: HTMLElement;
    from: HTMLElement;
    to: HTMLElement;
    oldDraggableIndex: number;
    newDraggableIndex: number;
  }
  export default class Sortable {
    static create(element: HTMLElement, options: Record<string, unknown>): Sortable;
    destroy(): void;
  }
}
