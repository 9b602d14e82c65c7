/**
 * The pseudonym of an unknown witness (design 0007): a PRF of a secret of the phone, the desk, and the epoch of tags,
 * so that what is sent says "the same person" for a week and nothing lasting.
 */
const EPOCH_S = 7 * 24 * 3600;

export async function pseudonym(secret: Uint8Array, rootKey: string, now: number): Promise<Uint8Array> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret as Uint8Array<ArrayBuffer>, hmac, false, ['sign']);
  const said = `lapwing pseudonym v1\n${rootKey}\n${Math.floor(now / EPOCH_S)}`;
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(said))).subarray(
    0,
    16,
  );
}
