import { describe, expect, it } from 'vitest';
import { metresBetween } from '$shared/format';
import csv from '../../../../data/gazetteer/ua_places.csv?raw';
import { Gazetteer, name, parse, reach } from './gazetteer';

const settlements = parse(csv);
const gazetteer = new Gazetteer(settlements);

describe('gazetteer', () => {
  it('reads every settlement, the largest first', () => {
    expect(settlements.length).toBe(csv.trim().split('\n').length - 1);
    expect(settlements[0]?.en).toBe('Kyiv');
    expect(settlements.every((s) => s.uk !== '' && s.en !== '')).toBe(true);
  });

  it('leaves out rows that do not hold', () => {
    expect(parse('header\n1,A,А,x,north,30,5\n2,B,Б,x,50,30,7\nshort,row\n')).toHaveLength(1);
  });

  it('finds the same as looking at every settlement', () => {
    // Places in a row across the country, from a fixed start.
    let found = 0;
    for (let n = 0; n < 80; n++) {
      const place = { lat: 44 + ((n * 7) % 90) / 10, lon: 23 + ((n * 13) % 170) / 10 };
      let best: { settlement: (typeof settlements)[number]; felt: number } | undefined;
      for (const settlement of settlements) {
        const metres = metresBetween(place, settlement);
        const felt = metres - reach(settlement.population);
        if (metres <= 60_000 && felt < (best?.felt ?? Number.POSITIVE_INFINITY)) best = { settlement, felt };
      }
      expect(gazetteer.nearest(place)?.settlement).toBe(best?.settlement);
      if (best) found += 1;
    }
    expect(found).toBeGreaterThan(30);
    expect(found).toBeLessThan(80);
  });

  it('names the town that everybody knows', () => {
    const near = gazetteer.nearest({ lat: 49.99, lon: 36.26 });
    expect(near && name(near.settlement, 'uk')).toBe('Харків');
    expect(near && name(near.settlement, 'en')).toBe('Kharkiv');
  });

  it('has no name for the open sea', () => {
    expect(gazetteer.nearest({ lat: 43.0, lon: 31.0 })).toBeUndefined();
  });
});
