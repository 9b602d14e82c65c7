// Envelopes sealed per second in WebAssembly, in Chromium on the main thread, by the core that the app ships: the call
// that a report makes, with the same draft as the native measurement. Prints one JSON object.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launch, median, serve } from './browser.mjs';

const ROUNDS = 7;
const ROUND_MS = 300;

const here = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// Runs in the page.
async function rates({ rootKey, bulletin, now, rounds, roundMs }) {
  const { default: start, Phone } = await import('/lapwing_core.js');
  await start({ module_or_path: '/lapwing_core_bg.wasm' });
  const bytes = new Uint8Array(bulletin.match(/../g).map((pair) => Number.parseInt(pair, 16)));
  const fresh = (length) => crypto.getRandomValues(new Uint8Array(length));
  const phone = new Phone(rootKey, fresh(16), 0, fresh(32));
  phone.accept_bulletin(bytes, now);
  const draft = JSON.stringify({
    kind: JSON.parse(phone.form()).kinds[0].code,
    lat: 48.0159,
    lon: 37.8028,
    off_m: 300,
    seen: now - 60,
    seen_off_s: 60,
    count: null,
    heading: null,
    known: 'heard',
    danger: 'none',
    note: 'три вибухи біля школи',
  });
  const result = [];
  for (let round = 0; round < rounds; round += 1) {
    const from = performance.now();
    let done = 0;
    while (performance.now() - from < roundMs) {
      if (phone.report(draft, now).length !== 2048) throw new Error('an envelope has 2,048 bytes');
      done += 1;
    }
    result.push((1_000 * done) / (performance.now() - from));
  }
  return result;
}

const vectors = JSON.parse(await readFile(here('../../vectors/v1/bulletin.json'), 'utf8'));
const accepted = vectors.cases.find((example) => example.expect === 'ok');
const { address, close } = await serve(here('../../web/witness/src/core'));
const browser = await launch();
try {
  const page = await browser.newPage();
  // Any address of the server will do; the modules are imported from it.
  await page.goto(`${address}empty`);
  const all = await page.evaluate(rates, {
    rootKey: vectors.context.root_key,
    bulletin: accepted.hex,
    now: vectors.context.now,
    rounds: ROUNDS,
    roundMs: ROUND_MS,
  });
  const value = median(all, (rate) => rate);
  console.log(
    JSON.stringify({
      unit: 'envelopes per second in Chromium, one thread',
      value: Math.round(value),
      milliseconds_each: Number((1_000 / value).toFixed(2)),
    }),
  );
} finally {
  await browser.close();
  close();
}
