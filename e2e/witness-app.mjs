// What the tests of the witness app share: a Lapwing of its own with relay, desk and app, and a phone to look at it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(new URL('../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const AXE = require('axe-core').source;
const root = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

const START_MS = 120_000;

/** With a camera that sees a film, if one is given. */
export function launch(film) {
  const camera = film
    ? [
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${film}`,
      ]
    : [];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', ...camera],
  });
}

/** Starts `lapwing up` on free ports and an empty folder. Its apps keep a quick schedule unless `more` says another. */
export async function start(...more) {
  const rhythm = more.includes('--tick-s') ? [] : ['--tick-s', '2'];
  const data = await mkdtemp(join(tmpdir(), 'lapwing-witness-'));
  const child = spawn(
    process.env.LAPWING_BIN ?? root('target/debug/lapwing'),
    [
      ...['up', '--port', '0', '--data', data],
      ...['--web', process.env.LAPWING_WEB ?? root('web/witness/dist')],
      ...['--desk-web', process.env.LAPWING_DESK_WEB ?? root('web/desk/dist')],
      ...rhythm,
      ...more,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  const addresses = await new Promise((resolve, reject) => {
    let text = '';
    const late = setTimeout(() => reject(new Error(`lapwing did not start: ${said}`)), START_MS);
    child.once('exit', (code) => reject(new Error(`lapwing ended with ${code}: ${said}`)));
    child.stdout.on('data', (part) => {
      text += part;
      const found = (name) => new RegExp(`^\\s*${name}\\s+(\\S+)`, 'm').exec(text)?.[1];
      if (!found('Data')) return;
      clearTimeout(late);
      resolve({
        app: found('Witness app'),
        desk: found('Desk'),
        relay: found('Relay'),
        issuer: found('Issuer'),
        code: found('Code'),
      });
    });
  });
  const desk = await signIn(addresses.desk);
  await until('the first bulletin', async () => (await fetch(`${addresses.relay}/v1/bulletin`)).ok);
  return {
    ...addresses,
    /** The page of the desk, with its key. */
    deskPage: addresses.desk,
    desk,
    async close() {
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Asks the desk as its page does: the key of the printed address becomes a cookie. */
async function signIn(address) {
  const { origin } = new URL(address);
  const greeting = await fetch(address, { redirect: 'manual' });
  const cookie = greeting.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ');
  return async (path, options = {}) => {
    const response = await fetch(`${origin}/api/${path}`, {
      ...options,
      headers: { cookie, origin, 'content-type': 'application/json', ...options.headers },
    });
    const body = await response.text();
    assert.ok(response.ok, `the desk answers ${response.status} to ${path}: ${body}`);
    return body === '' ? undefined : JSON.parse(body);
  };
}

/** Waits until something holds; what was last seen is in the failure. */
export async function until(what, holds, patience = 30_000) {
  const end = Date.now() + patience;
  for (;;) {
    const seen = await holds();
    if (seen) return seen;
    assert.ok(Date.now() < end, `${what} did not come: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** A phone's browser with nothing in it. */
export async function phone(browser, { width = 360, height = 640, locale = 'en-GB', scheme = 'light' } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    hasTouch: true,
    isMobile: true,
    locale,
    colorScheme: scheme,
    reducedMotion: 'reduce',
  });
  // Of a page that is on its way to another Chromium may never say that it is closed; it goes with the browser then.
  const close = context.close.bind(context);
  context.close = () =>
    Promise.race([close(), new Promise((resolve) => setTimeout(resolve, 10_000).unref())]);
  const faults = [];
  const watch = (page) => {
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`));
    page.on('console', (message) => {
      const text = message.text();
      // A relay that cannot be reached is part of several tests.
      if (message.type() === 'error' && !text.startsWith('Failed to load resource'))
        faults.push(`console: ${text}`);
    });
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (!['data:', 'blob:'].includes(protocol) && hostname !== '127.0.0.1') {
        faults.push(`asked elsewhere: ${protocol}//${hostname}`);
      }
    });
    return page;
  };
  return {
    context,
    faults,
    open: async (address) => {
      const page = watch(await context.newPage());
      await page.goto(address);
      return page;
    },
  };
}

/** Nothing that axe-core calls serious or critical. */
export async function accessible(page, what) {
  // As an evaluated text: the page's policy lets no foreign script element run.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  });
  assert.deepEqual(found, [], `axe-core on ${what}`);
}

/** For cold hands: everything that can be pressed is at least 56 px high, and the page never scrolls sideways. */
export async function handy(page, what) {
  const found = await page.evaluate(() => {
    const small = [
      ...document.querySelectorAll('button, input:not([type=radio]), textarea, label:has(input[type=radio])'),
    ]
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.height < 54 || box.width < 48))
      .map(
        ({ element, box }) =>
          `${element.outerHTML.slice(0, 80)} ${Math.round(box.width)}×${Math.round(box.height)}`,
      );
    const wide = document.documentElement.scrollWidth - innerWidth;
    return wide > 0 ? [...small, `${wide} px too wide`] : small;
  });
  assert.deepEqual(found, [], what);
}

/** What the app keeps on the phone: the sizes of what waits, and every byte of it as one text. */
export function kept(page) {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const bytes = async (name) =>
      new Uint8Array(await (await (await root.getFileHandle(name)).getFile()).arrayBuffer());
    const outbox = await bytes('outbox');
    const places = [...Array(16).keys()].filter((place) => ((outbox[0] << 8) | outbox[1]) & (1 << place));
    const db = await new Promise((resolve, reject) => {
      const request = indexedDB.open('lapwing');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const rest = await new Promise((resolve) => {
      const request = db.transaction('kept').objectStore('kept').getAll();
      request.onsuccess = () => resolve(request.result);
    });
    const names = [...db.objectStoreNames];
    db.close();
    const text = (part) => new TextDecoder('utf-8').decode(part);
    return {
      names,
      sizes: places.map((place) => outbox.slice(4096 + place * 2048, 4096 + (place + 1) * 2048).length),
      ends: places.map((place) =>
        outbox.slice(4096 + (place + 1) * 2048 - 8, 4096 + (place + 1) * 2048).join(),
      ),
      length: outbox.length,
      text:
        text(outbox) +
        JSON.stringify(rest.filter((value) => !(value instanceof Uint8Array))) +
        JSON.stringify(localStorage),
    };
  });
}
