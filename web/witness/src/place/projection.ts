/** Web Mercator (EPSG:3857) on a square of side 1, and the part of it that a screen shows. */

export interface LonLat {
  lon: number;
  lat: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Middle of the screen on the unit square, and screen pixels that the whole square would take. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

const EQUATOR_M = 40_075_016.7;
const LAT_MAX = 85.0511;

/** Nearer than this the bundled map has nothing to show, farther than that nobody can hit anything. */
const NEAREST_MPP = 2;
const FARTHEST_MPP = 20_000;

export function project({ lon, lat }: LonLat): { x: number; y: number } {
  const phi = (Math.max(-LAT_MAX, Math.min(LAT_MAX, lat)) * Math.PI) / 180;
  return {
    x: lon / 360 + 0.5,
    y: 0.5 - Math.log(Math.tan(Math.PI / 4 + phi / 2)) / (2 * Math.PI),
  };
}

export function unproject(x: number, y: number): LonLat {
  return {
    lon: (x - 0.5) * 360,
    lat: (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI,
  };
}

/** Metres that one screen pixel stands for, in the middle of the screen. */
export function metresPerPixel(view: View): number {
  const { lat } = unproject(view.x, view.y);
  return (EQUATOR_M * Math.cos((lat * Math.PI) / 180)) / view.scale;
}

export function toScreen(view: View, size: Size, point: { x: number; y: number }): [number, number] {
  return [
    (point.x - view.x) * view.scale + size.width / 2,
    (point.y - view.y) * view.scale + size.height / 2,
  ];
}

export function fromScreen(view: View, size: Size, sx: number, sy: number): LonLat {
  return unproject(view.x + (sx - size.width / 2) / view.scale, view.y + (sy - size.height / 2) / view.scale);
}

/** The view that shows a box of west, south, east, north whole. */
export function fit([west, south, east, north]: readonly [number, number, number, number], size: Size): View {
  const a = project({ lon: west, lat: north });
  const b = project({ lon: east, lat: south });
  return {
    x: (a.x + b.x) / 2,
    y: (a.y + b.y) / 2,
    scale: Math.min(size.width / (b.x - a.x), size.height / (b.y - a.y)),
  };
}

/** The view around a place at which a pixel is so many metres. */
export function around(place: LonLat, mpp: number): View {
  const { x, y } = project(place);
  return { x, y, scale: (EQUATOR_M * Math.cos((place.lat * Math.PI) / 180)) / mpp };
}

/** Moved by so many screen pixels, as if the map were dragged. */
export function pan(view: View, dx: number, dy: number): View {
  return within({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale });
}

/** `factor` times nearer, with the point under (sx, sy) staying where it is. */
export function zoom(view: View, size: Size, factor: number, sx: number, sy: number): View {
  const scale = Math.max(EQUATOR_M / FARTHEST_MPP, Math.min(EQUATOR_M / NEAREST_MPP, view.scale * factor));
  const px = sx - size.width / 2;
  const py = sy - size.height / 2;
  return within({
    x: view.x + px / view.scale - px / scale,
    y: view.y + py / view.scale - py / scale,
    scale,
  });
}

function within(view: View): View {
  const clamp = (value: number) => Math.max(0, Math.min(1, value));
  return { ...view, x: clamp(view.x), y: clamp(view.y) };
}

/** A round length for the scale bar that takes at most `width` pixels: metres and pixels. */
export function bar(mpp: number, width: number): { metres: number; pixels: number } {
  const most = mpp * width;
  const ten = 10 ** Math.floor(Math.log10(most));
  const metres = ([5, 2, 1].find((step) => step * ten <= most) ?? 1) * ten;
  return { metres, pixels: metres / mpp };
}
