import { expect, test } from 'vitest';
import { Burst } from './panic';

test('a burst counts what comes in quick succession only', () => {
  const burst = new Burst(1_000);
  expect([0, 400, 1_000].map((at) => burst.add(at))).toEqual([1, 2, 3]);
  expect(burst.add(1_500)).toBe(2);
  expect(burst.add(9_000)).toBe(1);
  burst.clear();
  expect(burst.add(9_001)).toBe(1);
});
