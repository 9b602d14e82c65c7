/** Draws the map: land, borders, settlements as dots with names that do not run into each other. */
import type { Language } from '$shared/i18n';
import { radius, type Settlement } from './gazetteer';
import type { Land } from './load';
import type { Box as Extent, Window } from './outline';
import { metresPerPixel, project, type LonLat, type Size, toScreen, type View } from './projection';

export interface Colours {
  /** Where the bundled map knows nothing. */
  beyond: string;
  water: string;
  land: string;
  border: string;
  dot: string;
  text: string;
  halo: string;
  mark: string;
}

/** Where a settlement was drawn: what a finger can hit. */
export interface Drawn {
  settlement: Settlement;
  x: number;
  y: number;
  /** Of the name. */
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** A chosen place: the circle within which it lies. */
export interface Mark {
  at: LonLat;
  off: number;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const NAMES_MAX = 48;
/** Candidates looked at for a name; beyond, only small places are left that would find no room. */
const LOOKED_MAX = 600;
const TOUCH_PX = 24;

export function paint(
  canvas: CanvasRenderingContext2D,
  view: View,
  size: Size,
  land: Land | undefined,
  language: Language,
  colours: Colours,
  mark?: Mark,
): Drawn[] {
  canvas.fillStyle = colours.beyond;
  canvas.fillRect(0, 0, size.width, size.height);
  if (!land) return [];
  for (const window of land.windows)
    if (meets(window, view, size)) coasts(canvas, view, size, window, colours);
  if (mark) circle(canvas, view, size, mark, colours);
  return settlements(canvas, view, size, land.gazetteer.settlements, language, colours);
}

function meets(box: Extent, view: View, size: Size): boolean {
  const halfX = size.width / 2 / view.scale;
  const halfY = size.height / 2 / view.scale;
  return (
    box.west < view.x + halfX &&
    box.east > view.x - halfX &&
    box.north < view.y + halfY &&
    box.south > view.y - halfY
  );
}

function coasts(
  canvas: CanvasRenderingContext2D,
  view: View,
  size: Size,
  window: Window,
  colours: Colours,
): void {
  const [left, top] = toScreen(view, size, { x: window.west, y: window.north });
  const [right, bottom] = toScreen(view, size, { x: window.east, y: window.south });
  canvas.fillStyle = colours.water;
  canvas.fillRect(left, top, right - left, bottom - top);
  const area = new Path2D();
  const lines = new Path2D();
  for (const outline of window.outlines) {
    if (!meets(outline, view, size)) continue;
    const { points, real } = outline;
    let drawing = false;
    for (let at = 0; at < real.length; at++) {
      const [x, y] = toScreen(view, size, { x: points[2 * at] ?? 0, y: points[2 * at + 1] ?? 0 });
      if (at === 0) area.moveTo(x, y);
      else area.lineTo(x, y);
      if (drawing) lines.lineTo(x, y);
      else lines.moveTo(x, y);
      drawing = real[at] === 1;
    }
    area.closePath();
  }
  canvas.fillStyle = colours.land;
  canvas.fill(area, 'evenodd');
  canvas.strokeStyle = colours.border;
  canvas.lineWidth = 1.2;
  canvas.lineJoin = 'round';
  canvas.stroke(lines);
}

function circle(
  canvas: CanvasRenderingContext2D,
  view: View,
  size: Size,
  mark: Mark,
  colours: Colours,
): void {
  const [x, y] = toScreen(view, size, project(mark.at));
  const r = Math.max(6, mark.off / metresPerPixel(view));
  canvas.beginPath();
  canvas.arc(x, y, r, 0, 2 * Math.PI);
  canvas.globalAlpha = 0.18;
  canvas.fillStyle = colours.mark;
  canvas.fill();
  canvas.globalAlpha = 1;
  canvas.strokeStyle = colours.mark;
  canvas.lineWidth = 2;
  canvas.stroke();
  canvas.beginPath();
  canvas.arc(x, y, 4, 0, 2 * Math.PI);
  canvas.fill();
}

function settlements(
  canvas: CanvasRenderingContext2D,
  view: View,
  size: Size,
  all: readonly Settlement[],
  language: Language,
  colours: Colours,
): Drawn[] {
  const drawn: Drawn[] = [];
  const taken: Box[] = [];
  let looked = 0;
  canvas.textBaseline = 'middle';
  canvas.lineJoin = 'round';
  canvas.lineWidth = 3;
  for (const settlement of all) {
    const [x, y] = toScreen(view, size, settlement);
    if (x < -20 || y < -10 || x > size.width + 20 || y > size.height + 10) continue;
    if (++looked > LOOKED_MAX || drawn.length >= NAMES_MAX) break;
    const text = settlement[language];
    const px = settlement.population > 200_000 ? 15 : settlement.population > 20_000 ? 13.5 : 12.5;
    canvas.font = `${settlement.population > 200_000 ? 600 : 500} ${px}px system-ui, sans-serif`;
    const width = canvas.measureText(text).width;
    // To the right of the dot, or to the left where the edge is near.
    const left = x + 7 + width > size.width && x > size.width / 2 ? x - 7 - width : x + 7;
    const box = {
      left: Math.min(left, x - 5),
      right: Math.max(left + width, x + 5),
      top: y - 9,
      bottom: y + 9,
    };
    if (taken.some((other) => overlap(box, other, 4))) continue;
    taken.push(box);
    drawn.push({ settlement, x, y, left, right: left + width, top: y - 9, bottom: y + 9 });
    canvas.beginPath();
    canvas.arc(x, y, px > 14 ? 4 : 3, 0, 2 * Math.PI);
    canvas.fillStyle = colours.dot;
    canvas.fill();
    canvas.strokeStyle = colours.halo;
    canvas.strokeText(text, left, y);
    canvas.fillStyle = colours.text;
    canvas.fillText(text, left, y);
  }
  return drawn;
}

function overlap(a: Box, b: Box, gap: number): boolean {
  return a.left < b.right + gap && b.left < a.right + gap && a.top < b.bottom + gap && b.top < a.bottom + gap;
}

/** The settlement whose dot or name lies under a finger. From near by a dot is only a point in the place. */
export function hit(drawn: readonly Drawn[], x: number, y: number, mpp: number): Settlement | undefined {
  let best: Drawn | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const one of drawn) {
    const onName = x >= one.left - 4 && x <= one.right + 4 && y >= one.top - 4 && y <= one.bottom + 4;
    const far = radius(one.settlement.population) / mpp < 2 * TOUCH_PX;
    const away = Math.hypot(x - one.x, y - one.y);
    const nearName = far && x >= one.left - 12 && x <= one.right + 12 && Math.abs(y - one.y) <= TOUCH_PX;
    if (!onName && !nearName && !(far && away <= TOUCH_PX)) continue;
    const felt = onName ? 0 : Math.min(away, Math.abs(y - one.y) + 1);
    if (felt < least) [least, best] = [felt, one];
  }
  return best?.settlement;
}
