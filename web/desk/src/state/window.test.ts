import { describe, expect, it } from 'vitest';
import { anchored, visible } from './window';

describe('a window on a long list', () => {
  it('holds what is in sight and a little more', () => {
    expect(visible(5000, 80, 8000, 600, 4)).toEqual({ from: 96, to: 112 });
    expect(visible(3, 80, 0, 600, 4)).toEqual({ from: 0, to: 3 });
    expect(visible(0, 80, 0, 600, 4)).toEqual({ from: 0, to: 0 });
  });

  it('never begins beyond the end, when the list has shrunk under it', () => {
    const { from, to } = visible(2, 80, 8000, 600, 4);
    expect(from).toBeLessThanOrEqual(to);
  });

  it('keeps the row that is being read when rows come above it', () => {
    expect(anchored([1, 2, 3, 4], [9, 8, 1, 2, 3, 4], 80, 165, 300, undefined)).toBe(325);
  });

  it('keeps the next row when the one that is read is gone', () => {
    expect(anchored([1, 2, 3, 4], [9, 1, 2, 4], 80, 160, 300, undefined)).toBe(160);
  });

  it('moves at the very top, unless the chosen row is in sight', () => {
    expect(anchored([1, 2], [9, 1, 2], 80, 0, 300, undefined)).toBe(0);
    expect(anchored([1, 2], [9, 1, 2], 80, 0, 300, 2)).toBe(80);
    expect(anchored([1, 2], [9, 1, 2], 80, 0, 300, 77)).toBe(0);
  });
});
