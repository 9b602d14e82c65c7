/** Practice: nothing of it counts. In memory only. */
export const WAYS = ['report', 'call', 'text', 'carry'] as const;

export type Way = (typeof WAYS)[number];

class Practice {
  /** The way that is being practised. */
  way = $state<Way | undefined>();
  done = $state.raw<ReadonlySet<Way>>(new Set());

  did(way: Way): void {
    this.done = new Set([...this.done, way]);
    this.way = undefined;
  }

  end(): void {
    this.way = undefined;
    this.done = new Set();
  }
}

export const practice = new Practice();
