/** Drawing codes. Black on white with a quiet zone, also in the dark: scanners look for that. */
import { apart, type Courier } from './module';

/** Modules of the quiet zone (ISO/IEC 18004). */
const QUIET = 4;
/** Pixels a module: the browser then makes it as large as the place is, without blur. */
const SCALE = 8;

export function paint(canvas: HTMLCanvasElement, modules: Uint8Array, side: number): void {
  canvas.width = canvas.height = (side + 2 * QUIET) * SCALE;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000';
  modules.forEach((dark, n) => {
    if (dark)
      context.fillRect((QUIET + (n % side)) * SCALE, (QUIET + Math.floor(n / side)) * SCALE, SCALE, SCALE);
  });
}

/** Removes what was to be printed. Not when the browser says that it has printed: some say so before they have. */
export function clear(): void {
  document.querySelector('.paper')?.remove();
}

/** Prints a sheet of codes for each envelope, and nothing that says what they are. */
export function print({ sheet, side }: Courier, envelopes: readonly Uint8Array[]): void {
  clear();
  const paper = document.createElement('div');
  paper.className = 'paper';
  paper.append(
    ...envelopes.map((envelope, n) => {
      const page = document.createElement('section');
      const number = document.createElement('p');
      number.textContent = `${n + 1}/${envelopes.length}`;
      const codes = apart(sheet(envelope), side() ** 2).map((modules) => {
        const canvas = document.createElement('canvas');
        paint(canvas, modules, side());
        return canvas;
      });
      page.append(...codes, number);
      return page;
    }),
  );
  document.body.append(paper);
  window.print();
}

/** Hands a file to the browser, under a name that says nothing. */
export function save(bytes: Uint8Array<ArrayBuffer>): void {
  const address = URL.createObjectURL(new Blob([bytes]));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'data.bin';
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
