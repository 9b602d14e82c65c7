/**
 * The panic gesture: the title of any screen, tapped twice and then held for a second; with a keyboard Escape, five
 * times within two seconds. Nothing asks back and nothing is said: what is left looks like an app that was just installed.
 */
import { desk } from './desk.svelte';

const TAPS = 3;
const TAPS_MS = 1_500;
const HOLD_MS = 1_000;
const ESCAPES = 5;
const ESCAPES_MS = 2_000;

/** Counts what comes in quick succession. */
export class Burst {
  #times: number[] = [];
  #within: number;

  constructor(within: number) {
    this.#within = within;
  }

  /** How many there were within the time, this one included. */
  add(now: number): number {
    this.#times = [...this.#times, now].filter((time) => now - time <= this.#within);
    return this.#times.length;
  }

  clear(): void {
    this.#times = [];
  }
}

export function watch(run: () => void = () => void panic()): void {
  const taps = new Burst(TAPS_MS);
  const escapes = new Burst(ESCAPES_MS);
  let holding: ReturnType<typeof setTimeout> | undefined;
  const end = () => clearTimeout(holding);

  addEventListener('pointerdown', (event) => {
    end();
    if (!(event.target instanceof Element) || !event.target.closest('h1')) return taps.clear();
    if (taps.add(event.timeStamp) >= TAPS) holding = setTimeout(run, HOLD_MS);
  });
  for (const over of ['pointerup', 'pointercancel', 'blur'] as const) addEventListener(over, end);
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return escapes.clear();
    if (!event.repeat && escapes.add(event.timeStamp) >= ESCAPES) run();
  });
}

async function panic(): Promise<void> {
  await desk.panic();
  // Everything in memory goes with the page.
  location.replace('/');
}
