import places from 'virtual:places';
import windows from 'virtual:outlines';
import { describe, expect, test } from 'vitest';
import { fold, Gazetteer, radius, sector } from './gazetteer';
import { unpack } from './outline';
import { atSettlement, here, NEARER_MPP, pick, TOO_FAR_M } from './pick';
import {
  around,
  bar,
  fit,
  fromScreen,
  metresPerPixel,
  pan,
  project,
  toScreen,
  unproject,
  zoom,
} from './projection';

const gazetteer = new Gazetteer(places);
const SIZE = { width: 360, height: 400 };

describe('settlements', () => {
  test('are all bundled, the largest first', () => {
    expect(gazetteer.settlements).toHaveLength(5_488);
    expect(gazetteer.settlements[0]).toMatchObject({ uk: 'Київ', en: 'Kyiv' });
  });

  test.each([
    ['Бахмут', 'Бахмут'],
    ['bakh', 'Бахмут'],
    ['КИЇВ', 'Київ'],
    ['нетакогоніде', undefined],
    ['вінниця', 'Вінниця'],
    ['винниця', 'Вінниця'],
    ['ivano fr', 'Івано-Франківськ'],
    ["slov'yansk", 'Словʼянськ'],
  ])('%s finds %s', (text, name) => {
    const found = gazetteer.search(text, 5).map(({ uk }) => fold(uk));
    if (name === undefined) expect(found).toEqual([]);
    else expect(found[0]).toBe(fold(name));
  });

  test('of one name are all found, the larger ones first', () => {
    const found = gazetteer.search('Іванівка', 50).filter(({ uk }) => uk === 'Іванівка');
    expect(found.length).toBeGreaterThan(5);
    const populations = found.map(({ population }) => population);
    expect(populations).toEqual([...populations].sort((a, b) => b - a));
  });

  test('are not found by nothing', () => {
    expect(gazetteer.search('  ', 5)).toEqual([]);
    expect(gazetteer.search('qqqq', 5)).toEqual([]);
  });

  test('name the points around them', () => {
    const kyiv = gazetteer.settlements[0];
    if (!kyiv) throw new Error('no settlement');
    const near = gazetteer.near({ lat: kyiv.lat + 0.03, lon: kyiv.lon });
    expect(near?.settlement.uk).toBe('Київ');
    expect(near?.sector).toBe(0);
    expect(near?.metres).toBeGreaterThan(3_200);
    expect(near?.metres).toBeLessThan(3_500);
    expect(gazetteer.near({ lat: 0, lon: 0 })).toBeUndefined();
  });

  test('reach as far as their people need, within reason', () => {
    expect(radius(600)).toBe(500);
    expect(radius(70_000)).toBe(3_300);
    expect(radius(3_000_000)).toBe(8_000);
  });

  test('lie in one of eight directions', () => {
    const from = { lat: 48, lon: 37 };
    const to = [[1, 0], [1, 1.5], [0, 1], [-1, 1.5], [-1, 0], [-1, -1.5], [0, -1], [1, -1.5]] as const; // prettier-ignore
    expect(to.map(([lat, lon]) => sector(from, { lat: 48 + lat, lon: 37 + lon }))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });
});

describe('the map', () => {
  test('comes back from the screen where it went', () => {
    const view = around({ lat: 48.5, lon: 37.5 }, 100);
    for (const place of [
      { lat: 48.5, lon: 37.5 },
      { lat: 48.62, lon: 37.41 },
    ]) {
      const [x, y] = toScreen(view, SIZE, project(place));
      const back = fromScreen(view, SIZE, x, y);
      expect(back.lat).toBeCloseTo(place.lat, 9);
      expect(back.lon).toBeCloseTo(place.lon, 9);
    }
    expect(metresPerPixel(view)).toBeCloseTo(100, 6);
  });

  test('shows a region whole', () => {
    const view = fit([22, 44, 40.3, 52.5], SIZE);
    for (const [lon, lat] of [
      [22, 44],
      [40.3, 52.5],
    ] as const) {
      const [x, y] = toScreen(view, SIZE, project({ lon, lat }));
      expect(x).toBeGreaterThanOrEqual(-1e-6);
      expect(x).toBeLessThanOrEqual(SIZE.width + 1e-6);
      expect(y).toBeGreaterThanOrEqual(-1e-6);
      expect(y).toBeLessThanOrEqual(SIZE.height + 1e-6);
    }
  });

  test('comes nearer around the finger, and not too near', () => {
    const view = around({ lat: 48.5, lon: 37.5 }, 1_000);
    const before = fromScreen(view, SIZE, 100, 120);
    const after = fromScreen(zoom(view, SIZE, 2, 100, 120), SIZE, 100, 120);
    expect(after.lat).toBeCloseTo(before.lat, 9);
    expect(after.lon).toBeCloseTo(before.lon, 9);
    const nearest = zoom(view, SIZE, 1e9, 180, 200);
    expect(metresPerPixel(nearest)).toBeGreaterThan(1);
    expect(zoom(nearest, SIZE, 2, 180, 200).scale).toBe(nearest.scale);
  });

  test('moves with the finger', () => {
    const view = around({ lat: 48.5, lon: 37.5 }, 1_000);
    const [x, y] = toScreen(pan(view, 30, -20), SIZE, project({ lat: 48.5, lon: 37.5 }));
    expect(x).toBeCloseTo(SIZE.width / 2 + 30, 6);
    expect(y).toBeCloseTo(SIZE.height / 2 - 20, 6);
    expect(unproject(0.5, 0.5).lat).toBeCloseTo(0, 12);
  });

  test('has a scale bar of a round length that fits', () => {
    expect(bar(100, 110)).toEqual({ metres: 10_000, pixels: 100 });
    expect(bar(3, 110)).toEqual({ metres: 200, pixels: 200 / 3 });
  });

  test('draws coasts and borders, not the scissors', () => {
    const [ukraine] = windows.map(unpack).filter(({ west, east }) => {
      const { x } = project({ lat: 49, lon: 31 });
      return west < x && x < east;
    });
    const edges = ukraine?.outlines.flatMap(({ real }) => [...real]) ?? [];
    expect(edges.filter((real) => real === 1).length).toBeGreaterThan(1_000);
    expect(edges.filter((real) => real === 0).length).toBeGreaterThan(10);
  });
});

describe('a tap', () => {
  const at = { lat: 48.5, lon: 37.5 };

  test('is the place, as sure as a fingertip is wide', () => {
    expect(pick(at, 20)).toEqual({ spot: { ...at, off: 480 } });
    expect(pick(at, 1)).toEqual({ spot: { ...at, off: 30 } });
  });

  test('from too far away brings the map nearer, from where the next one is the place', () => {
    expect(pick(at, 1_000)).toEqual({ nearer: at });
    expect(pick(at, NEARER_MPP)).toHaveProperty('spot');
    expect(NEARER_MPP * 24).toBeLessThan(TOO_FAR_M);
  });

  test('on a settlement is the settlement, from however far', () => {
    const kyiv = gazetteer.settlements[0];
    if (!kyiv) throw new Error('no settlement');
    expect(pick(at, 5_000, kyiv)).toEqual({ spot: atSettlement(kyiv) });
    expect(atSettlement(kyiv)).toMatchObject({ off: 8_000, settlement: { uk: 'Київ', en: 'Kyiv' } });
  });

  test('on “I am here” is as sure as the phone says, and never surer than 30 m', () => {
    expect(here(48, 37, 12)).toMatchObject({ off: 30, here: true });
    expect(here(48, 37, 1_234).off).toBe(1_200);
    expect(here(48, 37, Number.NaN).off).toBe(TOO_FAR_M);
  });
});
