// A witness beside the visitors of embed.test.mjs: the same lines of `web/embed/src/visitor.ts`, and an outbox in which
// a real report waits at every other tick.

import { asConfig } from '../../web/embed/src/config.ts';
import { visit } from '../../web/embed/src/visitor.ts';

const SHELLING = { kind: 2, lat: 48.0159, lon: 37.8028, off_m: 500, seen_off_s: 60, count: null, heading: null, known: 'seen', danger: 'none', note: '' }; // prettier-ignore

let ticks = 0;
let sealed;
globalThis.reports = 0;

async function outbox(phone) {
  ticks += 1;
  if (sealed === undefined && ticks % 2 === 0) {
    const now = Math.floor(Date.now() / 1_000);
    sealed = phone.report(JSON.stringify({ ...SHELLING, seen: now }), now);
  }
  if (sealed === undefined) return undefined;
  const taken = async () => {
    sealed = undefined;
    globalThis.reports += 1;
  };
  return { envelope: sealed, taken };
}

const config = asConfig(await (await fetch('/embed.json')).json());
await visit(config, () => true, outbox);
