// What the tests of the desk's page share: a desk, a browser that draws without a graphics card, and the checks that hold in
// every state of the page.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(new URL('../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const AXE = require('axe-core').source;

export const DESK_APP = fileURLToPath(new URL('../web/desk/', import.meta.url));
export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 640 };

/** Switches that leave a browser without WebGL; everything but the map is then many times quicker to test. */
export const NO_WEBGL = ['--disable-gpu', '--disable-3d-apis'];
const SOFTWARE_WEBGL = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];

export function launch(switches = SOFTWARE_WEBGL) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', ...switches],
  });
}

/** The page over the made-up desk of web/desk/dev. */
export async function madeUp() {
  const { preview } = await import(pathToFileURL(require.resolve('vite')).href);
  const server = await preview({
    root: DESK_APP,
    logLevel: 'warn',
    preview: { host: '127.0.0.1', port: 0, strictPort: false },
    ...(process.env.LAPWING_DESK_WEB ? { build: { outDir: process.env.LAPWING_DESK_WEB } } : {}),
  });
  return {
    base: `http://127.0.0.1:${server.httpServer.address().port}`,
    close: () => server.close(),
  };
}

const PROGRAM = process.env.LAPWING_BIN;

/** Why tests on a real desk are left out, if they are. */
export const NO_PROGRAM = PROGRAM ? false : 'LAPWING_BIN is not set';

/** Starts `lapwing up` on a free port and an empty folder; its address signs in. */
export async function start(...more) {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-desk-'));
  const pages = process.env.LAPWING_DESK_WEB ?? join(DESK_APP, 'dist');
  const web = process.env.LAPWING_WEB ?? pages;
  const args = ['up', '--port', '0', '--data', folder, '--desk-web', pages, '--web', web, ...more];
  const program = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (part) => (printed += part));
  const deadline = Date.now() + 60_000;
  let address;
  while (!(address = /http:\/\/\S+\?key=\S+/.exec(printed)?.[0])) {
    assert.ok(program.exitCode === null && Date.now() < deadline, `the desk did not start: ${printed}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    address,
    async close() {
      if (program.exitCode === null) {
        const ended = new Promise((done) => program.once('exit', done));
        program.kill('SIGTERM');
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

// A page in a context of its own. What went wrong in it, and what it asked of other servers, is in `faults`.
export async function open(browser, { viewport = WIDE, language = 'en', theme = 'light', ...more } = {}) {
  const context = await browser.newContext({
    viewport,
    reducedMotion: 'reduce',
    ...more,
  });
  await context.addInitScript(
    ([kept, look]) => {
      localStorage.setItem('language', kept);
      localStorage.setItem('theme', look);
    },
    [language, theme],
  );
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // Whether there is a detailed map is asked for, and a desk without one answers 404; refusals are shown, not hidden.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource'))
      faults.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const here = protocol === 'data:' || protocol === 'blob:' || hostname === '127.0.0.1';
    if (!here) faults.push(`asked elsewhere: ${protocol}//${hostname}`);
  });
  return { page, faults, close: () => context.close() };
}

// Nothing that axe-core calls serious or critical, and contrast as the guidelines have it.
export async function accessible(page, what) {
  // Colours that are on their way from one theme to another are nobody's to read.
  await page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const moving = document
      .getAnimations()
      .filter((a) => a.effect?.getComputedTiming().iterations !== Infinity);
    await Promise.all(moving.map((a) => a.finished.catch(() => undefined)));
  });
  // As an evaluated text: the page's policy lets no foreign script element run.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(' | ')}`,
      );
  });
  assert.deepEqual(found, [], `axe-core on ${what}`);
}

// Everything that can be pressed is at least 40 px in the smaller direction.
export async function reachable(page, what) {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, select, input, summary, textarea')]
      .filter(
        (one) => one.checkVisibility() && !one.closest('label') && one.getBoundingClientRect().width > 1,
      )
      .map((one) => ({
        height: one.getBoundingClientRect().height,
        text: one.textContent?.trim().slice(0, 30) || one.className,
      }))
      .filter(({ height }) => height < 39.5),
  );
  assert.deepEqual(small, [], `too small to press on ${what}`);
  const { scroll, width } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    width: innerWidth,
  }));
  assert.ok(scroll <= width, `${what} is ${scroll - width} px too wide`);
}

// The map has drawn: its picture has many colours, which an empty canvas has not.
export async function mapDrawn(page) {
  await page.waitForSelector('[data-standing="ready"]', {
    state: 'attached',
    timeout: 60_000,
  });
  const deadline = Date.now() + 30_000;
  let colours = 0;
  while (Date.now() < deadline) {
    const picture = await page.locator('.maplibregl-canvas').screenshot();
    colours = await page.evaluate(async (base64) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const seen = new Set();
      for (let at = 0; at < data.length; at += 4 * 7)
        seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
      return seen.size;
    }, picture.toString('base64'));
    if (colours > 60) return;
    await page.waitForTimeout(500);
  }
  assert.fail(`the map shows ${colours} colours`);
}
