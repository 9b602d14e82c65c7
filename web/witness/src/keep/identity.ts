/**
 * Who the phone is to the desk: the field of a slot of the vault.
 *
 * ```text
 * version 1 · secret of the pseudonym 32 · what the core keeps of an enrolment, or nothing
 * ```
 *
 * The pseudonym stays: until the desk has answered, and when it refuses, reports are an unknown witness's.
 */
const VERSION = 1;
const SECRET = 32;

export interface Identity {
  secret: Uint8Array;
  kept?: Uint8Array;
}

export function pack({ secret, kept }: Identity): Uint8Array {
  return Uint8Array.of(VERSION, ...secret, ...(kept ?? []));
}

/** Throws `kept` for anything else: whoever this was must not become somebody new unasked. */
export function unpack(bytes: Uint8Array | undefined): Identity {
  if (bytes?.[0] !== VERSION || bytes.length < 1 + SECRET) throw 'kept';
  const kept = bytes.slice(1 + SECRET);
  return { secret: bytes.slice(1, 1 + SECRET), ...(kept.length > 0 && { kept }) };
}
