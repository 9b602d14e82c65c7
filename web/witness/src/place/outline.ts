/** The outlines of countries on the unit square of the map. */
import { project } from './projection';

/** As bundled: thousandths of a degree, a ring as its first point and the steps from point to point. */
export interface Clipped {
  /** West, south, east, north: beyond it the map knows nothing. */
  window: number[];
  rings: number[][];
}

export interface Box {
  west: number;
  north: number;
  east: number;
  south: number;
}

export interface Outline extends Box {
  /** x and y in turn. */
  points: Float64Array;
  /** For each point, whether the line to the next one is a coast or border, and not the edge of the window. */
  real: Uint8Array;
}

export interface Window extends Box {
  outlines: Outline[];
}

/** How near to the edge of the window a point lies on it, thousandths of a degree. */
const EDGE = 2;

export function unpack({ window, rings }: Clipped): Window {
  const [w = 0, s = 0, e = 0, n = 0] = window;
  const a = project({ lon: w / 1000, lat: n / 1000 });
  const b = project({ lon: e / 1000, lat: s / 1000 });
  const edges = (lon: number, lat: number) =>
    [lon - w, lat - s, e - lon, n - lat].map((distance) => Math.abs(distance) <= EDGE);
  return {
    west: a.x,
    north: a.y,
    east: b.x,
    south: b.y,
    outlines: rings.map((ring) => outline(ring, edges)),
  };
}

function outline(ring: readonly number[], edges: (lon: number, lat: number) => boolean[]): Outline {
  const count = ring.length / 2;
  const points = new Float64Array(ring.length);
  const real = new Uint8Array(count);
  const box: Box = { west: 1, north: 1, east: 0, south: 0 };
  let [lon, lat] = [0, 0];
  let before: boolean[] = [];
  for (let at = 0; at < count; at++) {
    lon += ring[2 * at] ?? 0;
    lat += ring[2 * at + 1] ?? 0;
    const { x, y } = project({ lon: lon / 1000, lat: lat / 1000 });
    points[2 * at] = x;
    points[2 * at + 1] = y;
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.north = Math.min(box.north, y);
    box.south = Math.max(box.south, y);
    const on = edges(lon, lat);
    // Both ends on the same edge: the scissors went along here.
    if (at > 0) real[at - 1] = on.some((yes, side) => yes && before[side]) ? 0 : 1;
    before = on;
  }
  return { points, real, ...box };
}
