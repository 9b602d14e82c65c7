// Finding one's reply among 10,000 and 100,000 slots in WebAssembly, in Chromium on the main thread, against trial
// decryption of as many: the code of the native measurement, compiled as the app's core is. Prints one JSON object.

import { launch, median, named, serve } from './browser.mjs';

const SIZES = [
  [10_000, 5],
  [100_000, 1],
];
const AGAIN = 20;

// Runs in the page.
async function times({ slots, rounds, again }) {
  const { default: start, Haystack } = await import('/lapwing_find.js');
  await start({ module_or_path: '/lapwing_find_bg.wasm' });
  const hay = new Haystack(slots);
  const ways = { by_hints: again, one_drop: again, by_trial: 1, by_agreement: 1 };
  const result = [];
  for (let round = 0; round < rounds; round += 1) {
    const one = { slots: hay.slots() };
    for (const [way, times] of Object.entries(ways)) {
      const from = performance.now();
      for (let n = 0; n < times; n += 1) {
        if (hay[way]() !== 1) throw new Error(`${way} does not find the one`);
      }
      one[way] = (performance.now() - from) / times;
    }
    result.push(one);
  }
  return result;
}

const { address, close } = await serve(named('LAPWING_FIND_WEB'));
const browser = await launch();
try {
  const sizes = [];
  for (const [slots, rounds] of SIZES) {
    const page = await browser.newPage();
    await page.goto(`${address}empty`);
    const all = await page.evaluate(times, { slots, rounds, again: AGAIN });
    const of = (way) => median(all, (one) => one[way])[way];
    const figure = (value) => Number(value.toPrecision(4));
    sizes.push({
      slots: all[0].slots,
      hints_ms: figure(of('by_hints')),
      one_drop_ms: figure(of('one_drop')),
      trial_ms: figure(of('by_trial')),
      trial_x25519_ms: figure(of('by_agreement')),
      trial_to_hints: figure(of('by_trial') / of('by_hints')),
      trial_x25519_to_hints: figure(of('by_agreement') / of('by_hints')),
    });
    await page.close();
  }
  console.log(
    JSON.stringify({
      unit: "milliseconds to find one's reply among 100,000 slots in Chromium, one thread",
      value: sizes.at(-1).hints_ms,
      sizes,
    }),
  );
} finally {
  await browser.close();
  close();
}
