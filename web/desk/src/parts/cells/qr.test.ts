import jsQR from 'jsqr';
import { describe, expect, it } from 'vitest';
import { invitation, qr } from './qr';

/** As a camera sees it: every square of the path drawn eight pixels wide. */
function scan(text: string): string | undefined {
  const { size, path } = qr(text);
  const scale = 8;
  const side = size * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    for (let dy = 0; dy < scale; dy++)
      for (let dx = 0; dx < Number(run) * scale; dx++)
        pixels.fill(0, ...pixel((Number(y) * scale + dy) * side + Number(x) * scale + dx));
  }
  return jsQR(pixels, side, side)?.data;
}

function pixel(at: number): [number, number] {
  return [at * 4, at * 4 + 3];
}

describe('the QR code of an invite', () => {
  it('is read back the same', () => {
    for (const code of ['5f2c9a41d07be83366109e', '0'.repeat(22), 'f'.repeat(22)])
      expect(scan(invitation({ code, passes: null }))).toBe(`LAPWING:${code.toUpperCase()}`);
  });

  it('is read back with its passes, and is no denser than a camera can see', () => {
    const code = '5f2c9a41d07be83366109e';
    const passes = Array.from({ length: 1_168 }, (_, at) => ((at * 7 + (at >> 3)) % 16).toString(16)).join(
      '',
    );
    const text = invitation({ code, passes });
    expect(scan(text)).toBe(`LAPWING:${code}:${passes}`.toUpperCase());
    expect(qr(text).version).toBe(20);
  });

  it('has the large squares of the alphanumeric mode, and room around', () => {
    const text = invitation({ code: '5f2c9a41d07be83366109e', passes: null });
    const code = qr(text);
    expect([code.version, code.size]).toEqual([2, 25 + 8]);
    // In bytes the same would not fit.
    expect(qr(text.toLowerCase()).version).toBe(3);
    expect(
      Math.min(...[...code.path.matchAll(/M(\d+) (\d+)/g)].flatMap(([, x, y]) => [Number(x), Number(y)])),
    ).toBe(4);
  });
});
