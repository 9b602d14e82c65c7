// Drill "network tapped", the part with real apps: sittings of the witness app in Chromium, seen from the relay's side.
//
// `node e2e/drills/tapped.mjs FILE` writes an array of captures into FILE: which app, whether and how its person
// reported, when it was open, and each request's kind, times and sizes. `lapwing-drills captured FILE` judges them. It
// needs what the browser tests need (see xtask/src/test.rs).
//
// Quick ticks, so that a sitting of half a minute has some twenty. A third kind of app is broken on purpose: its reports
// also leave at once, alone.

import { writeFile } from 'node:fs/promises';
import { serveApp, tap } from '../embed/tapped.mjs';
import { launch, phone, start } from '../witness-app.mjs';

/** How many sittings of each kind; a few dozen, as many as fit into some minutes. */
const SITTINGS = { quiet: 24, reports: 24, careless: 12 };
const TICK_S = 1;
const SITS_MS = 20_000;
/** At once. */
const TOGETHER = 6;
/** When reports are put in, as parts of a sitting. */
const PUT = [0.2, 0.55];
const KINDS = { 'GET v1/bulletin': 'bulletin', 'GET v1/drops/N': 'drop', 'POST v1/envelopes': 'envelope' };

const [file] = process.argv.slice(2);
if (!file) throw new Error('name the file that the captures are written to');

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const [lapwing, browser] = await Promise.all([start(), launch()]);
const line = await tap(lapwing.relay);
const config = await (await fetch(`${lapwing.app}config.json`)).json();
const app = await serveApp({ relay: line.address, rootKey: config.root_key });
try {
  // Turn by turn, so that all kinds meet the same load of this machine.
  const queue = [];
  for (let n = 0; n < Math.max(...Object.values(SITTINGS)); n++) {
    for (const [kind, count] of Object.entries(SITTINGS))
      if (n < count) queue.push({ kind, app: queue.length });
  }
  const captures = [];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) captures.push(await sitting(next));
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  await writeFile(file, JSON.stringify({ tick_ms: TICK_S * 1_000, sits_ms: SITS_MS, captures }));
  console.error(`  ${captures.length} sittings were captured`);
} finally {
  await app.close();
  await browser.close();
  await line.close();
  await lapwing.close();
}

async function sitting({ kind, app: number }) {
  const name = `app-${number}`;
  const { context, faults, open } = await phone(browser);
  const own = { ...config, relays: [line.relay(name)], tick_s: TICK_S };
  await context.route('**/config.json', (route) => route.fulfill({ json: own }));
  if (kind === 'careless') {
    await context.addInitScript(() => {
      const { fetch } = globalThis;
      globalThis.fetch = (...asked) => {
        if (asked[1]?.method === 'POST') globalThis.again = () => fetch(...asked);
        return fetch(...asked);
      };
    });
  }
  const from = performance.now();
  const page = await open(app.address);
  if (kind !== 'quiet') {
    for (const part of PUT) {
      await wait(Math.max(0, from + part * SITS_MS - performance.now()));
      await report(page);
      if (kind === 'careless') await page.evaluate(() => globalThis.again?.());
    }
  }
  await wait(Math.max(0, from + SITS_MS - performance.now()));
  // What began while it was open is let end: closing is not what is looked at.
  const to = performance.now();
  const requests = line.of(name).filter(({ at, until }) => until !== undefined && at <= to);
  await context.close();
  if (faults.length > 0) throw new Error(faults.join('; '));
  return {
    app: number,
    kind,
    from: 0,
    to: Math.round(to - from),
    requests: requests.map(({ at, until, what, up, down }) => ({
      kind: KINDS[what] ?? what,
      at: Math.round(at - from),
      until: Math.round(until - from),
      up,
      down,
    })),
  };
}

async function report(page) {
  await page.getByRole('button', { name: 'Fire', exact: true }).click();
  await page.getByRole('searchbox').fill('Kyiv');
  await page.locator('.found li button').first().click();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /sealed and leave|Sent at/ })
    .first()
    .waitFor();
}
