/**
 * The entrance: a gesture that the witness knows opens the app. It keeps nothing and tells nobody; where it is not
 * made, all that is left of it is its description in the host's configuration, the same for every visitor.
 */
import type { Entrance } from './config';
import { openFrame } from './frame';

const ITERATIONS = 600_000;
/** Moving farther than a hand that trembles is no holding. */
const SLACK_PX = 12;
const LEAST_LETTERS = 8;

export function watch(entrance: Entrance, page: Document): void {
  const open = () => {
    if (entrance.as === 'frame') openFrame(entrance.app, page);
    // In the place of this entry: the way back does not lead through the host's page.
    else page.defaultView?.location.replace(entrance.app);
  };
  if (entrance.hold) watchHold(entrance.hold.on, entrance.hold.for_s * 1_000, page, open);
  if (entrance.phrase) watchPhrase(entrance.phrase, page, open);
}

/** With a finger, a mouse, or the Enter key. Looked for at each press: pages change. */
function watchHold(selector: string, forMs: number, page: Document, open: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let from = { x: 0, y: 0 };
  let opened = false;
  const on = (event: Event) => event.target instanceof Element && event.target.closest(selector) !== null;
  const begin = () => {
    end();
    opened = false;
    timer = setTimeout(() => {
      timer = undefined;
      opened = true;
      open();
    }, forMs);
  };
  function end(): void {
    clearTimeout(timer);
    timer = undefined;
  }
  page.addEventListener('pointerdown', (event) => {
    if (!event.isPrimary || event.button !== 0 || !on(event)) return;
    from = { x: event.clientX, y: event.clientY };
    begin();
  });
  page.addEventListener('pointermove', (event) => {
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLACK_PX) end();
  });
  for (const name of ['pointerup', 'pointercancel'] as const) page.addEventListener(name, end);
  page.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !on(event)) return;
    // A link is followed as soon as Enter goes down: here, when it is let go in time.
    event.preventDefault();
    if (!event.repeat) begin();
  });
  page.addEventListener('keyup', (event) => {
    const early = timer !== undefined;
    end();
    if (early && event.key === 'Enter' && event.target instanceof HTMLElement) event.target.click();
  });
  // A long press asks for a menu, and letting go is a click: neither may follow the gesture.
  page.addEventListener('contextmenu', (event) => {
    if (timer !== undefined || opened) event.preventDefault();
  });
  page.addEventListener(
    'click',
    (event) => {
      if (!opened || !on(event)) return;
      opened = false;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}

/** When the field is left or Enter is pressed. */
function watchPhrase(phrase: NonNullable<Entrance['phrase']>, page: Document, open: () => void): void {
  const salt = unhex(phrase.salt);
  page.addEventListener('change', (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !field.matches(phrase.in)) return;
    void hash(field.value, salt).then((found) => {
      if (found !== phrase.hash.toLowerCase()) return;
      field.value = '';
      // So that what the page made of the words is gone from it as well.
      field.dispatchEvent(new Event('input', { bubbles: true }));
      open();
    });
  });
}

/** PBKDF2 with SHA-256 over what was typed, without regard to capitals; in hex. */
export async function hash(typed: string, salt: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const words = typed.normalize('NFKC').trim().toLowerCase();
  if (words.length < LEAST_LETTERS) return undefined;
  try {
    const bytes = new TextEncoder().encode(words);
    const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']);
    const way = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS };
    const bits = new Uint8Array(await crypto.subtle.deriveBits(way, key, 256));
    return [...bits].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  } catch {
    return undefined;
  }
}

export function unhex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
