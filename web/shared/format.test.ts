import { describe, expect, it } from 'vitest';
import { ago, distance, metresBetween, percent, span } from './format';

describe('format', () => {
  it('tells how long ago in both languages', () => {
    const now = 1_700_000_000;
    expect(ago('en', now - 20, now)).toBe('just now');
    expect(ago('en', now - 240, now)).toBe('4 min ago');
    expect(ago('uk', now - 240, now)).toBe('4 хв тому');
    expect(ago('en', now + 7200, now)).toBe('in 2 h');
  });

  it('gives a span no more detail than it bears', () => {
    expect([40, 90, 3600, 7500, 86_399, 604_800].map((s) => span('en', s))).toEqual([
      '40 s',
      '2 min',
      '1 h',
      '2 h 5 min',
      '1 d',
      '7 d',
    ]);
  });

  it('rounds distances to what anybody can use', () => {
    expect([3, 44, 333, 949, 950, 2449, 9499, 18_400].map((m) => distance('en', m))).toEqual([
      '10 m',
      '40 m',
      '350 m',
      '950 m',
      '1 km',
      '2.4 km',
      '9.5 km',
      '18 km',
    ]);
    expect(distance('uk', 2449)).toBe('2,4 км');
  });

  it('writes shares as percent', () => {
    expect(percent('en', 0.724)).toBe('72%');
  });

  it('measures Kyiv to Kharkiv', () => {
    const metres = metresBetween({ lat: 50.45466, lon: 30.5238 }, { lat: 49.98177, lon: 36.25475 });
    expect(metres).toBeGreaterThan(408_000);
    expect(metres).toBeLessThan(414_000);
  });
});
