// The witness app's first load on a slow phone: bytes on the wire and time until it can be used.
//
// The built app is served as a server with the `.br` files beside it would; Chromium is held to 50 kB/s, 100 ms to the
// server and back, and a processor four times slower. The app can be used from the moment at which a button is on the
// screen and the main thread has come to rest (no task above 50 ms in the second that follows). Prints one JSON object.

import { launch, median, named, serve } from './browser.mjs';

const BYTES_PER_S = 50_000;
const LATENCY_MS = 100;
const CPU_SLOWDOWN = 4;
const BYTES_LIMIT = 200_000;
const SECONDS_LIMIT = 5;
const RUNS = 3;

// Runs in the page before all else.
function watch() {
  const seen = { button: 0, busyUntil: 0 };
  window.__seen = seen;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.busyUntil = task.startTime + task.duration;
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    const shown = [...document.querySelectorAll('button:enabled')].some((button) => button.offsetWidth > 0);
    if (shown) seen.button = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function load(browser, address) {
  // A context of its own: nothing is cached, no service worker is installed.
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(watch);
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: LATENCY_MS,
      downloadThroughput: BYTES_PER_S,
      uploadThroughput: BYTES_PER_S,
    });
    await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await page.goto(address, { waitUntil: 'load', timeout: 60_000 });
    await page.waitForFunction(
      () => {
        const { button, busyUntil } = window.__seen;
        return button > 0 && performance.now() > Math.max(button, busyUntil) + 1_000;
      },
      undefined,
      { timeout: 60_000, polling: 100 },
    );
    const { button, busyUntil } = await page.evaluate(() => window.__seen);
    return { bytes, seconds: Math.max(button, busyUntil) / 1_000, firstButton: button / 1_000 };
  } finally {
    await context.close();
  }
}

const { address, close } = await serve(named('LAPWING_WEB'));
const browser = await launch();
try {
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await load(browser, address));
  const { bytes, seconds, firstButton } = median(runs, (run) => run.seconds);
  console.log(
    JSON.stringify({
      name: 'page',
      unit: 's to interactive',
      value: Number(seconds.toFixed(2)),
      limit: SECONDS_LIMIT,
      ratio: Number((seconds / SECONDS_LIMIT).toFixed(3)),
      first_button_s: Number(firstButton.toFixed(2)),
      bytes,
      bytes_limit: BYTES_LIMIT,
      bytes_ratio: Number((bytes / BYTES_LIMIT).toFixed(3)),
      conditions: `${BYTES_PER_S} B/s, ${LATENCY_MS} ms, CPU x${CPU_SLOWDOWN}, median of ${RUNS}`,
    }),
  );
} finally {
  await browser.close();
  close();
}
