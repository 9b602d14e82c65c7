/**
 * What every visitor keeps in the host's storage: a random secret that decides the bucket, when the last tick was, and
 * passes where relays want some. Who never finds the entrance keeps the same.
 */
import { askPurse, type Passes, PURSE_LEN } from '$shared/passes/purse';

const NAME = 'lapwing';
const PASSES = 'lapwing-passes';
const SECRET_LEN = 32;

export interface Kept {
  secret: Uint8Array<ArrayBuffer>;
  last: number | undefined;
}

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

/** Reads it, or begins anew. */
export function recall(storage: Storage | undefined): Kept {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(NAME) ?? 'null');
    const { bucket, last } = (kept ?? {}) as Record<string, unknown>;
    if (typeof bucket === 'string' && /^[0-9a-f]{64}$/.test(bucket)) {
      const bytes = bucket.match(/../g) ?? [];
      return {
        secret: Uint8Array.from(bytes, (pair) => Number.parseInt(pair, 16)),
        last: typeof last === 'number' && Number.isFinite(last) ? last : undefined,
      };
    }
  } catch {
    // Storage that is switched off or holds something else.
  }
  return { secret: crypto.getRandomValues(new Uint8Array(SECRET_LEN)), last: undefined };
}

export function keep(storage: Storage | undefined, { secret, last }: Kept): void {
  const bucket = [...secret].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    storage?.setItem(NAME, JSON.stringify({ bucket, last }));
  } catch {
    // Full or switched off: this visit has a bucket of its own.
  }
}

/** The passes of a visitor. Where nothing can be kept, those of this page. */
export function passesIn(storage: Storage | undefined): Passes {
  let bytes = new Uint8Array(PURSE_LEN);
  const read = () => {
    try {
      const kept = Uint8Array.from(atob(storage?.getItem(PASSES) ?? ''), (one) => one.charCodeAt(0));
      if (kept.length === PURSE_LEN) bytes = kept;
    } catch {
      // Switched off, or something else.
    }
  };
  const write = () => {
    try {
      storage?.setItem(PASSES, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
    } catch {
      // Full or switched off.
    }
  };
  return {
    async ask(call, ...given) {
      read();
      const answer = askPurse(bytes, call, given);
      write();
      return answer;
    },
  };
}

/** Some browsers throw already when it is named. */
export function localKeep(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
