/** Which rows of a long list are in the page: those in sight and some around. Pure. */

export interface Window {
  /** Index of the first row that is there. */
  from: number;
  /** Index after the last. */
  to: number;
}

export function visible(
  count: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
  spare: number,
): Window {
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { from: Math.min(from, to), to };
}

/**
 * Where to scroll so that what the person is reading stays where it is when rows come or go above it: the chosen row
 * if it is in sight, else the first. At the very top the list is left to move, unless the chosen row is in sight,
 * since whoever is there wants to see what is new.
 */
export function anchored(
  before: readonly number[],
  after: readonly number[],
  rowHeight: number,
  scrollTop: number,
  height: number,
  chosen: number | undefined,
): number {
  const first = Math.floor(scrollTop / rowHeight);
  const places = new Map(after.map((id, index) => [id, index]));
  const was = chosen === undefined ? -1 : before.indexOf(chosen);
  const is = chosen === undefined ? undefined : places.get(chosen);
  if (is !== undefined && was * rowHeight > scrollTop - rowHeight && was * rowHeight < scrollTop + height) {
    return Math.max(0, scrollTop + (is - was) * rowHeight);
  }
  if (scrollTop < rowHeight / 2) return scrollTop;
  for (let index = first; index < Math.min(before.length, first + 20); index++) {
    const id = before[index];
    const now = id === undefined ? undefined : places.get(id);
    if (now !== undefined) return Math.max(0, scrollTop + (now - index) * rowHeight);
  }
  return scrollTop;
}
