import { describe, expect, it } from 'vitest';
import { incident } from '../../dev/samples';
import { apply, EVERYTHING, isNarrow, newestFirst, offer, toggled } from './filter';

const list = [
  incident({ id: 1, kind: 2, sources: 1, verdict: 'open' }),
  incident({ id: 2, kind: 2, sources: 4, verdict: 'confirmed' }),
  incident({ id: 3, kind: 6, sources: 2, verdict: 'disputed' }),
];
const nowhere = () => '';
const ids = (found: readonly { id: number }[]) => found.map(({ id }) => id);

describe('filter', () => {
  it('gives back the very list when it is wide open', () => {
    expect(apply(list, EVERYTHING, nowhere)).toBe(list);
    expect(isNarrow({ ...EVERYTHING, place: '  ' })).toBe(false);
  });

  it('narrows by kind, people, verdict and place at once', () => {
    expect(ids(apply(list, { ...EVERYTHING, kinds: new Set([2]) }, nowhere))).toEqual([1, 2]);
    expect(ids(apply(list, { ...EVERYTHING, people: 2 }, nowhere))).toEqual([2, 3]);
    expect(ids(apply(list, { ...EVERYTHING, verdict: 'disputed' }, nowhere))).toEqual([3]);
    const place = (each: { id: number }) => (each.id === 2 ? 'харків kharkiv' : 'одеса odesa');
    expect(ids(apply(list, { ...EVERYTHING, place: ' ХАРК' }, place))).toEqual([2]);
    expect(ids(apply(list, { ...EVERYTHING, place: 'odesa', people: 2 }, place))).toEqual([3]);
  });

  it('orders by when it was last seen, then by number', () => {
    const same = [
      incident({ id: 1, last_seen: 5 }),
      incident({ id: 2, last_seen: 5 }),
      incident({ id: 3, last_seen: 9 }),
    ];
    expect(ids(same.sort(newestFirst))).toEqual([3, 2, 1]);
  });

  it('does not put a wrong clock first', () => {
    const fast = incident({ id: 1, last_seen: 9000, last_report: 50 });
    expect(ids([fast, incident({ id: 2, last_seen: 60, last_report: 70 })].sort(newestFirst))).toEqual([
      2, 1,
    ]);
  });

  it('offers the kinds that are there, and a chosen one that is not', () => {
    expect(offer(list, new Set([9]))).toEqual([
      [2, 2],
      [6, 1],
      [9, 0],
    ]);
    expect([...toggled(new Set([2]), 6)]).toEqual([2, 6]);
    expect([...toggled(new Set([2, 6]), 2)]).toEqual([6]);
  });
});
