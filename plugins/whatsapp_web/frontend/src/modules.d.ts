// What the page's import map gives.
declare module "@ramal/host" {
  export interface LiveEvent {
    readonly type: string;
    readonly data: Readonly<Record<string, unknown>>;
  }
  export const host: {
    announce(text: string): void;
    listen(listener: { event(event: LiveEvent): void; missed?(): void }): () => void;
  };
}
