/** One envelope to any one relay. Used by the page and by the service worker. */

/**
 * What became of it: a relay has it, none could take it now, every relay refuses it for good, they want a pass and there
 * is none, or they do not take this one.
 */
export type Outcome = 'taken' | 'no-connection' | 'relay-busy' | 'refused' | 'no-pass' | 'bad-pass';

export interface Post {
  fetch: typeof fetch;
  /** Bytes of the pass to spend with it. */
  pass?: Uint8Array | undefined;
  /** Throws unless the answer is a receipt for the envelope. */
  check: (envelope: Uint8Array, answer: Uint8Array) => void;
  random: () => number;
}

const ANSWER_LEN = 169;
/** On 2G an envelope and its answer take a few seconds; a relay that says nothing for longer is given up. */
const PATIENCE_MS = 30_000;
/** Not final: too slow, too many, and everything of the server's own. */
const LATER = new Set([408, 425, 429]);

export async function deliver(
  envelope: Uint8Array<ArrayBuffer>,
  relays: readonly string[],
  post: Post,
): Promise<Outcome> {
  const outcomes = new Set<Outcome>();
  for (const relay of shuffled(relays, post.random)) {
    const outcome = await once(envelope, relay, post);
    if (outcome === 'taken') return outcome;
    outcomes.add(outcome);
  }
  for (const outcome of ['bad-pass', 'no-pass', 'relay-busy', 'no-connection'] as const)
    if (outcomes.has(outcome)) return outcome;
  return outcomes.size === 0 ? 'no-connection' : 'refused';
}

async function once(envelope: Uint8Array<ArrayBuffer>, relay: string, post: Post): Promise<Outcome> {
  try {
    const response = await post.fetch(`${relay}/v1/envelopes`, {
      method: 'POST',
      // A blob without a type goes without a Content-Type, so that the browser asks no preflight question.
      body: new Blob([envelope]),
      ...QUIET,
      ...(post.pass && { headers: { Authorization: authorization(post.pass) } }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status >= 500 || LATER.has(response.status)) return 'relay-busy';
    if (response.status === 401 || response.status === 409) return await aboutPass(response);
    if (!response.ok) return 'refused';
    const answer = new Uint8Array(await response.arrayBuffer());
    return isReceipt(envelope, answer, post) ? 'taken' : 'relay-busy';
  } catch {
    return 'no-connection';
  }
}

/** A pass that was spent or is not signed is of no use; one whose key this relay does not know may be, in time. */
async function aboutPass(response: Response): Promise<Outcome> {
  const { type = '' } = (await response.json()) as { type?: string };
  const is = (name: string) => type.endsWith(name);
  if (is('pass-missing')) return 'no-pass';
  return ['pass-spent', 'pass-signature', 'pass-malformed'].some(is) ? 'bad-pass' : 'relay-busy';
}

/** RFC 9577 2.2. */
function authorization(pass: Uint8Array): string {
  const text = btoa(String.fromCharCode(...pass));
  return `PrivateToken token="${text.replaceAll('+', '-').replaceAll('/', '_')}"`;
}

function isReceipt(envelope: Uint8Array, answer: Uint8Array, post: Post): boolean {
  if (answer.length !== ANSWER_LEN) return false;
  try {
    post.check(envelope, answer);
    return true;
  } catch {
    return false;
  }
}

/** Nothing goes along that says who asks. */
export const QUIET = {
  cache: 'no-store',
  credentials: 'omit',
  referrerPolicy: 'no-referrer',
  redirect: 'error',
} as const satisfies RequestInit;

/** In random order, so that the relays share the load and none sees everything of one phone. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items];
  for (let left = list.length - 1; left > 0; left--) {
    const pick = Math.floor(random() * (left + 1));
    [list[left], list[pick]] = [list[pick] as T, list[left] as T];
  }
  return list;
}
