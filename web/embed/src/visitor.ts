/** One visitor: cover and fetches on the schedule that a witness keeps. */
import init, { bucket, Phone, Schedule } from '$witness/core/lapwing_core';
import wasm from '$witness/core/lapwing_core_bg.wasm?url';
import initPass, * as pass from '$witness/core-pass/lapwing_pass';
import passWasm from '$witness/core-pass/lapwing_pass_bg.wasm?url';
import type { Bulletin } from '$witness/phone/bulletin';
import { deliver, QUIET, shuffled } from '$witness/send/deliver';
import { ask } from '$shared/cover/ask';
import { Cover, type Waiting } from '$shared/cover/run';
import { Admission } from '$shared/passes/admit';
import { fetchPasses } from '$shared/passes/fetch';
import { CORE, PASS } from 'virtual:core';
import type { Config } from './config';
import { keep, localKeep, passesIn, recall } from './keep';

const LOCK = 'lapwing-cover';

/** Ticks while the page is open; of several pages of a visitor, one does so. */
export async function visit(config: Config, wanted: () => boolean): Promise<void> {
  await init({ module_or_path: await load(wasm, CORE) });
  const run = () => tick(config, wanted);
  const locks = (navigator as { locks?: LockManager }).locks;
  await (locks ? locks.request(LOCK, run) : run());
}

/** The script is held to a hash by the page, and what it loads by the script. */
async function load(url: string, integrity: string): Promise<ArrayBuffer> {
  const answer = await fetch(url, { credentials: 'omit', referrerPolicy: 'no-referrer', integrity });
  if (!answer.ok) throw new Error('a part of the script is not there');
  return answer.arrayBuffer();
}

async function arithmetic(): Promise<typeof pass> {
  await initPass({ module_or_path: await load(passWasm, PASS) });
  return pass;
}

/** The host says what entitles its visitor to passes: it knows who is there, and not what passes are used for. */
async function credential(at: string, request: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', request));
  const text = btoa(String.fromCharCode(...hash));
  const nonce = text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const answer = await fetch(at, { method: 'POST', body: nonce, credentials: 'same-origin' });
  return answer.ok ? (await answer.text()).trim() || undefined : undefined;
}

async function tick(config: Config, wanted: () => boolean): Promise<void> {
  const storage = localKeep();
  const kept = recall(storage);
  // No pseudonym is ever used: cover has none.
  const phone = new Phone(config.root_key, random(16), 0, random(32));
  let bulletin: Bulletin | undefined;
  /** Cover that no relay took: it goes again, as what waits in an app does. */
  let spare: Uint8Array<ArrayBuffer> | undefined;
  let order = config.relays;
  const schedule = new Schedule(config.tick_ms, config.visit_ms, random(32), Date.now(), kept.last);
  const passes = passesIn(storage);
  const admission = new Admission({
    passes,
    issuer: () => bulletin?.passes ?? undefined,
    async fetch(issuer, now) {
      const at = config.credential;
      if (at === undefined) return 'no-credential';
      const show = (request: Uint8Array<ArrayBuffer>) => credential(at, request);
      return fetchPasses({ passes, issuer, now, credential: show, arithmetic, quiet: QUIET });
    },
    changed: () => Promise.resolve(),
  });
  const cover = new Cover({
    now: () => Date.now(),
    seal: () => phone.cover(seconds()) as Uint8Array<ArrayBuffer>,
    waiting(fresh): Promise<Waiting | undefined> {
      spare ??= fresh;
      const envelope = spare;
      const taken = () => Promise.resolve(void (spare = undefined));
      return Promise.resolve(envelope && { envelope, taken });
    },
    async bulletin() {
      order = shuffled(config.relays, Math.random);
      await ask('bulletin', order, QUIET, (bytes) => {
        try {
          bulletin = JSON.parse(phone.accept_bulletin(bytes, seconds())) as Bulletin;
          return true;
        } catch {
          return false;
        }
      });
    },
    async drop() {
      // Before there are any, one is asked for all the same.
      await ask(`drops/${bucket(kept.secret, seconds(), bulletin?.drops?.buckets ?? 1)}`, order, QUIET);
    },
    async post(envelope) {
      const check = (sent: Uint8Array, answer: Uint8Array) => Phone.check_answer(sent, answer);
      const post = { fetch: globalThis.fetch.bind(globalThis), check, random: Math.random };
      const send = (shown?: Uint8Array) => deliver(envelope, config.relays, { ...post, pass: shown });
      return (await admission.admit(envelope, false, send)) === 'taken';
    },
    ticked: (last) => keep(storage, { secret: kept.secret, last }),
    wanted,
  });
  await cover.run(schedule, new AbortController().signal);
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
