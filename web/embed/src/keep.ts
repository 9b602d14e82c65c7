/**
 * What every visitor keeps in the host's storage: a random secret that decides the bucket, and when the last tick was.
 * Who never finds the entrance keeps the same.
 */
const NAME = 'lapwing';
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

/** Some browsers throw already when it is named. */
export function localKeep(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
