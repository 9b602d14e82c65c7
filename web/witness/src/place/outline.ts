/** Rings of a country on the unit square of the map. */
import { project } from './projection';

export interface Outline {
  /** x and y in turn. */
  points: Float64Array;
  west: number;
  north: number;
  east: number;
  south: number;
}

/** From first point and steps in thousandths of a degree. */
export function unpack(rings: readonly (readonly number[])[]): Outline[] {
  return rings.map((steps) => {
    const points = new Float64Array(steps.length);
    let [lon, lat] = [0, 0];
    let [west, north, east, south] = [1, 1, 0, 0];
    for (let at = 0; at + 1 < steps.length; at += 2) {
      lon += steps[at] ?? 0;
      lat += steps[at + 1] ?? 0;
      const { x, y } = project({ lon: lon / 1000, lat: lat / 1000 });
      points[at] = x;
      points[at + 1] = y;
      west = Math.min(west, x);
      east = Math.max(east, x);
      north = Math.min(north, y);
      south = Math.max(south, y);
    }
    return { points, west, north, east, south };
  });
}
