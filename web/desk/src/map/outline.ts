/**
 * The bundled outlines are cut to windows. Where a window cuts a country, its outline runs along the cut, which is no
 * border; and beyond the window nothing is known, which is no sea. Pure.
 */
import type { Collection, Polygon } from './features';

type Line = [number, number][];
export type Countries = Collection<
  { type: 'MultiPolygon'; coordinates: Line[][] } | { type: 'Polygon'; coordinates: Line[] },
  { map: string; iso_n3: string }
>;
export type Lines = { type: 'MultiLineString'; coordinates: Line[] };

/** West, south, east, north. */
type Box = [number, number, number, number];

export interface Outline {
  /** The windows themselves: within them, what is no land is water. */
  windows: Collection<Polygon, Record<string, never>>;
  /** Borders and coasts, without the cuts. */
  borders: Collection<Lines, Record<string, never>>;
}

export function outline(countries: Countries): Outline {
  const boxes = new Map<string, Box>();
  for (const { geometry, properties } of countries.features) {
    const box = boxes.get(properties.map) ?? [180, 90, -180, -90];
    for (const [lon, lat] of rings(geometry).flat()) {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    }
    boxes.set(properties.map, box);
  }
  const lines: Line[] = [];
  for (const { geometry, properties } of countries.features) {
    const box = boxes.get(properties.map);
    if (box) for (const ring of rings(geometry)) lines.push(...uncut(ring, box));
  }
  return {
    windows: {
      type: 'FeatureCollection',
      features: [...boxes.values()].map(([west, south, east, north]) => ({
        type: 'Feature',
        geometry: {
          type: 'Polygon',
          coordinates: [
            [
              [west, south],
              [east, south],
              [east, north],
              [west, north],
              [west, south],
            ],
          ],
        },
        properties: {},
      })),
    },
    borders: {
      type: 'FeatureCollection',
      features: [
        { type: 'Feature', geometry: { type: 'MultiLineString', coordinates: lines }, properties: {} },
      ],
    },
  };
}

function rings(geometry: Countries['features'][number]['geometry']): Line[] {
  return geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
}

/** The parts of a ring that do not run along the window's edge. */
function uncut(ring: Line, [west, south, east, north]: Box): Line[] {
  const parts: Line[] = [];
  let part: Line = [];
  const end = () => {
    if (part.length > 1) parts.push(part);
    part = [];
  };
  for (let n = 1; n < ring.length; n++) {
    const from = ring[n - 1];
    const to = ring[n];
    if (from === undefined || to === undefined) continue;
    const [x, y] = from;
    const [u, v] = to;
    const along = (x === u && (x === west || x === east)) || (y === v && (y === south || y === north));
    if (along) end();
    else {
      if (part.length === 0) part.push(from);
      part.push(to);
    }
  }
  end();
  return parts;
}
