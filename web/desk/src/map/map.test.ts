import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import { describe, expect, it } from 'vitest';
import { metresBetween } from '$shared/format';
import countriesText from '../../../../data/basemap/countries.geojson?raw';
import { incident, warning } from '../../dev/samples';
import { layers as detailedLayers, plain } from './detailed';
import { circle, extent, incidents, pixelsAtZoom0, warnings, zoomOf } from './features';
import { type Countries, outline } from './outline';
import { style } from './style';

const countries = JSON.parse(countriesText) as Countries;

describe('the map', () => {
  it('has a valid style in both looks', () => {
    for (const dark of [false, true]) {
      expect(validateStyleMin(style(dark, countries, outline(countries)))).toEqual([]);
    }
  });

  it('asks for nothing from anywhere', () => {
    const text = JSON.stringify({ ...style(false, countries, outline(countries)), sources: {} });
    expect(text).not.toMatch(/https?:|"glyphs"|"sprite"/);
  });

  it('has layers for either kind of detailed tiles, and only those that the file holds', () => {
    const protomaps = detailedLayers(new Set(['water', 'roads', 'earth']), false);
    expect(protomaps.map((layer) => layer.id)).toEqual(['detailed-water', 'detailed-roads']);
    const openMapTiles = detailedLayers(new Set(['transportation', 'landcover', 'building']), true);
    expect(openMapTiles.map((layer) => layer.id)).toEqual([
      'detailed-green',
      'detailed-buildings',
      'detailed-roads',
    ]);
    expect(detailedLayers(new Set(), false)).toEqual([]);
  });

  it('names whom the detailed map wants named, in words only', () => {
    expect(plain('<a href="https://x.example">Protomaps</a> &copy; <b>OSM</b>')).toBe('Protomaps © OSM');
    expect(plain(undefined)).toBe('');
  });

  it('draws a circle of the right size, closed', () => {
    const [ring] = circle(50, 36, 5000).coordinates;
    expect(ring?.[0]).toEqual(ring?.at(-1));
    for (const [lon, lat] of ring ?? []) {
      const metres = metresBetween({ lat: 50, lon: 36 }, { lat, lon });
      expect(Math.abs(metres - 5000)).toBeLessThan(30);
    }
  });

  it('draws uncertainty in metres of the ground', () => {
    // At zoom 10 on the equator a pixel is 76.4 m.
    expect(pixelsAtZoom0(7644, 0) * 2 ** 10).toBeCloseTo(100, 0);
    expect(pixelsAtZoom0(1000, 60)).toBeCloseTo(2 * pixelsAtZoom0(1000, 0), 10);
  });

  it('marks incidents and warnings with what the layers read', () => {
    const [mark] = incidents([incident({ id: 7, sources: 3, verdict: 'confirmed' })], () => 'fire').features;
    expect(mark?.geometry.coordinates).toEqual([36.2, 50]);
    expect(mark?.properties).toMatchObject({ id: 7, people: 3, icon: 'fire', confirmed: 1, disputed: 0 });
    expect(warnings([warning()]).features).toHaveLength(1);
  });

  it('knows where everything is', () => {
    expect(extent([])).toBeUndefined();
    expect(extent([incident({ lat: 48, lon: 30 }), incident({ lat: 50, lon: 36 })])).toEqual([
      30, 48, 36, 50,
    ]);
  });

  it('names larger settlements from further away', () => {
    const zooms = [3_000_000, 300_000, 120_000, 50_000, 20_000, 5000, 100].map(zoomOf);
    expect(zooms).toEqual([...zooms].sort((a, b) => a - b));
  });

  it('draws no border where the outlines are only cut', () => {
    const { borders, windows } = outline(countries);
    expect(windows.features).toHaveLength(2);
    type Segment = [readonly [number, number], readonly [number, number]];
    const segments = (lines: readonly (readonly [number, number])[][]) =>
      lines.flatMap((line) => line.slice(1).map((to, n): Segment => [line[n]!, to]));
    // The windows of the bundled file, in data/README.md.
    const edges = { ua: [20, 43.5, 42, 53.5], il: [33.8, 29.2, 36.6, 33.8] } as Record<string, number[]>;
    const kept = countries.features.flatMap(({ geometry, properties }) => {
      const [west, south, east, north] = edges[properties.map]!;
      const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
      return segments(rings).filter(
        ([a, b]) =>
          !(a[0] === b[0] && (a[0] === west || a[0] === east)) &&
          !(a[1] === b[1] && (a[1] === south || a[1] === north)),
      );
    });
    const drawn = segments(borders.features[0]!.geometry.coordinates);
    expect(drawn).toEqual(kept);
    const all = countries.features.flatMap(({ geometry }) =>
      segments(geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat()),
    );
    expect(drawn.length).toBeLessThan(all.length);
  });
});
