/** Codes and files of couriers: loaded when some are shown, scanned or opened. */
import init, * as module from '../core-courier/lapwing_courier';
import wasm from '../core-courier/lapwing_courier_bg.wasm?url';

export type Courier = Pick<
  typeof module,
  'Codes' | 'Gathered' | 'bundle' | 'longest' | 'needed' | 'sheet' | 'side' | 'unpack'
>;

export async function courier(): Promise<Courier> {
  await init({ module_or_path: wasm });
  return module;
}

/** As the module takes several envelopes. */
export function together(envelopes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(envelopes.reduce((length, { length: more }) => length + more, 0));
  let at = 0;
  for (const envelope of envelopes) {
    whole.set(envelope, at);
    at += envelope.length;
  }
  return whole;
}

/** As it gives them, or codes. */
export function apart(whole: Uint8Array, length: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: whole.length / length }, (_, n) => whole.slice(n * length, (n + 1) * length));
}
