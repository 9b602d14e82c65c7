/**
 * The pseudonym of an unknown witness (design 0007): a PRF of a secret of the phone, the desk, and the epoch of tags,
 * so that what is sent says "the same person" for a week and nothing lasting.
 */
const EPOCH_S = 7 * 24 * 3600;

export async function pseudonym(secret: Uint8Array, rootKey: string, now: number): Promise<Uint8Array> {
  return (await prf(secret, `lapwing pseudonym v1\n${rootKey}\n${Math.floor(now / EPOCH_S)}`)).subarray(
    0,
    16,
  );
}

/** The secret of this install's bucket: of no slot, so that an app fetches the same drop whatever is open. */
export function bucketSecret(secret: Uint8Array, rootKey: string): Promise<Uint8Array> {
  return prf(secret, `lapwing install bucket v1\n${rootKey}`);
}

async function prf(secret: Uint8Array, said: string): Promise<Uint8Array> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret as Uint8Array<ArrayBuffer>, hmac, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(said)));
}
