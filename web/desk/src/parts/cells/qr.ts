/** The QR code of an invite. */
import { encode } from 'uqr';
import type { InviteMade } from '../../api/types';

/**
 * What it holds, with two passes where relays want some: capitals and digits, so that it is in the alphanumeric mode and
 * its squares are large.
 */
export function invitation({ code, passes }: Pick<InviteMade, 'code' | 'passes'>): string {
  return `LAPWING:${code}${passes ? `:${passes}` : ''}`.toUpperCase();
}

const LONG = 200;

export interface Qr {
  /** Squares along a side, the quiet zone of four included. */
  size: number;
  version: number;
  /** Path of the dark squares, one unit each. */
  path: string;
}

export function qr(text: string): Qr {
  // One with passes is dense: larger squares are worth more to a camera than more correction.
  const ecc = text.length > LONG ? 'L' : 'M';
  const { data, size, version } = encode(text, { ecc, boostEcc: true, border: 4 });
  const path = data
    .map((row, y) =>
      row
        .map((dark, x) => (dark && !row[x - 1] ? `M${x} ${y}h${run(row, x)}v1h-${run(row, x)}z` : ''))
        .join(''),
    )
    .join('');
  return { size, version, path };
}

/** How many dark squares follow one another. */
function run(row: readonly boolean[], from: number): number {
  const end = row.indexOf(false, from);
  return (end < 0 ? row.length : end) - from;
}
