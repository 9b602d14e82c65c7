/** One visitor: cover and fetches on the schedule that a witness keeps. */
import init, { bucket, Phone, Schedule } from '$witness/core/lapwing_core';
import wasm from '$witness/core/lapwing_core_bg.wasm?url';
import { deliver, QUIET, shuffled } from '$witness/send/deliver';
import { ask } from '$shared/cover/ask';
import { Cover } from '$shared/cover/run';
import { INTEGRITY } from 'virtual:core';
import type { Config } from './config';
import { keep, localKeep, recall } from './keep';

const LOCK = 'lapwing-cover';

/** Ticks while the page is open; of several pages of a visitor, one does so. */
export async function visit(config: Config, wanted: () => boolean): Promise<void> {
  await loadCore();
  const run = () => tick(config, wanted);
  const locks = (navigator as { locks?: LockManager }).locks;
  await (locks ? locks.request(LOCK, run) : run());
}

async function loadCore(): Promise<void> {
  // The script is held to a hash by the page, and the core by the script.
  const answer = await fetch(wasm, {
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    integrity: INTEGRITY,
  });
  if (!answer.ok) throw new Error('the core is not there');
  await init({ module_or_path: await answer.arrayBuffer() });
}

async function tick(config: Config, wanted: () => boolean): Promise<void> {
  const storage = localKeep();
  const kept = recall(storage);
  // No pseudonym is ever used: cover has none.
  const phone = new Phone(config.root_key, random(16), 0, random(32));
  let buckets = 1;
  let order = config.relays;
  const schedule = new Schedule(config.tick_ms, config.visit_ms, random(32), Date.now(), kept.last);
  const cover = new Cover({
    now: () => Date.now(),
    seal: () => phone.cover(seconds()) as Uint8Array<ArrayBuffer>,
    // A visitor has no outbox.
    waiting: () => Promise.resolve(undefined),
    async bulletin() {
      order = shuffled(config.relays, Math.random);
      await ask('bulletin', order, QUIET, (bytes) => {
        try {
          buckets = bucketsOf(phone.accept_bulletin(bytes, seconds()));
          return true;
        } catch {
          return false;
        }
      });
    },
    async drop() {
      await ask(`drops/${bucket(kept.secret, seconds(), buckets)}`, order, QUIET);
    },
    async post(envelope) {
      const check = (sent: Uint8Array, answer: Uint8Array) => Phone.check_answer(sent, answer);
      const post = { fetch: globalThis.fetch.bind(globalThis), check, random: Math.random };
      return (await deliver(envelope, config.relays, post)) === 'taken';
    },
    ticked: (last) => keep(storage, { secret: kept.secret, last }),
    wanted,
  });
  await cover.run(schedule, new AbortController().signal);
}

/** How many drops the bulletin names; before there are any, one is asked for all the same. */
function bucketsOf(bulletin: string): number {
  const { drops } = JSON.parse(bulletin) as { drops?: { buckets?: number } | null };
  return drops?.buckets ?? 1;
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
