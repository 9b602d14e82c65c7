// The script for everyday pages: its visitors look like a witness from the relay's side, the host's page is not
// touched, and the entrance opens.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve } from '../web/embed/host/serve.js';
import { distance, serveApp, tap, ticks } from './embed/tapped.mjs';
import { accessible, launch, phone, start, until } from './witness-app.mjs';

const DIST = process.env.LAPWING_EMBED ?? fileURLToPath(new URL('../web/embed/dist', import.meta.url));
const TICKS = 40;
// `npm run phrase -w lapwing-embed -- "тиха гавань"`, with a salt of its own.
const PHRASE = { in: '#find', salt: '00112233445566778899aabbccddeeff', hash: '4fd34bd8dac49bebcc2715c186d36c2e34b12c180dd6564f78b19bf40d0f24d2' }; // prettier-ignore

describe('the script for everyday pages', { timeout: 600_000 }, () => {
  let lapwing;
  let browser;
  let line;
  let rootKey;
  let folder;
  let servers = [];
  let phones = [];

  before(async () => {
    [lapwing, browser] = await Promise.all([start(), launch()]);
    line = await tap(lapwing.relay);
    ({ root_key: rootKey } = await (await fetch(`${lapwing.app}config.json`)).json());
    // A copy, to put pages beside the others and to spoil files.
    folder = await mkdtemp(join(tmpdir(), 'lapwing-embed-'));
    await cp(DIST, folder, { recursive: true });
  });
  after(async () => {
    await browser?.close();
    await line?.close();
    await lapwing?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const { context } of phones) await context.close();
    for (const server of servers.splice(0)) await server.close();
    for (const { faults } of phones.splice(0)) assert.deepEqual(faults, []);
  });

  async function take(options) {
    const one = await phone(browser, options);
    phones.push(one);
    return one;
  }

  async function host(name, more = {}, options = {}) {
    const config = { root_key: rootKey, relays: [line.relay(name)], tick_s: 1, visit_s: 1, ...more };
    const server = await serve(config, { folder, ...options });
    servers.push(server);
    return server.address;
  }

  const kept = (page) =>
    page.evaluate(async () => ({
      local: Object.keys(localStorage).sort(),
      session: Object.keys(sessionStorage),
      stores: (await indexedDB.databases()).map(({ name }) => name),
      caches: await caches.keys(),
      cookies: document.cookie,
      workers: (await navigator.serviceWorker.getRegistrations()).length,
    }));

  it('makes as many requests of the same sizes as a witness who reports, and none without it', async () => {
    const accepted = async () => (await lapwing.desk('overview')).counters.accepted;
    const before = await accepted();
    const app = await serveApp({ relay: line.relay('witness'), rootKey, more: ['--tick-s', '1'] });
    servers.push(app);
    const visitor = await (await take()).open(await host('visitor'));
    const witness = await (await take()).open(app.address);
    const plain = await (await take()).open(`${await host('plain')}plain.html`);
    // The witness reports all the time.
    let reports = 0;
    for (; line.of('witness').length < 3 * TICKS; reports++) {
      await witness.getByRole('button', { name: 'Fire', exact: true }).click();
      await witness.getByRole('searchbox').fill('Kyiv');
      await witness.locator('.found li button').first().click();
      await witness.getByRole('button', { name: 'Send', exact: true }).click();
      await witness
        .getByRole('status')
        .filter({ hasText: /sealed and leave|Sent at/ })
        .first()
        .waitFor();
    }
    await until(`${TICKS} ticks of the visitor`, () => line.of('visitor').length >= 3 * TICKS, 240_000);
    const shape = ({ what, up, down, status, headers }) => ({ what, up, down, status, headers });
    const [ofVisitor, ofWitness] = ['visitor', 'witness'].map((name) => ticks(line.of(name)).slice(0, TICKS));
    // Tick by tick: the same requests, in the same order, of the same sizes.
    assert.deepEqual(
      ofVisitor.map((tick) => tick.map(shape)),
      ofWitness.map((tick) => tick.map(shape)),
    );
    const [[bulletin, drop, envelope]] = ofVisitor;
    assert.deepEqual([bulletin.what, bulletin.status, bulletin.up], ['GET v1/bulletin', 200, 0]);
    assert.deepEqual([drop.what, drop.up], ['GET v1/drops/N', 0]);
    assert.deepEqual(
      [envelope.what, envelope.status, envelope.up, envelope.down],
      ['POST v1/envelopes', 201, 2048, 169],
    );
    for (const tick of [...ofVisitor, ...ofWitness])
      for (const { telling } of tick) assert.deepEqual(telling, [], 'no cookie and no referrer');

    // Gaps of one law, at one in a thousand.
    const gaps = (list) => list.slice(1).map(([first], n) => first.at - list[n][0].at);
    const apart = distance(gaps(ofVisitor), gaps(ofWitness));
    assert.ok(apart < 1.95 * Math.sqrt(2 / (TICKS - 1)), `gaps differ by ${apart}`);

    // Many of the witness's were reports, and the desk has them; the visitor's were not.
    assert.ok(reports >= TICKS / 4, `${reports} reports`);
    await until('the reports', async () => (await accepted()) === before + reports, 60_000);
    await witness.close();
    assert.equal(await accepted(), before + reports, 'cover is not counted');

    assert.deepEqual(line.of('plain'), [], 'a page without the script asks for nothing');
    assert.deepEqual((await kept(plain)).local, []);
    assert.deepEqual(await kept(visitor), {
      local: ['lapwing'],
      session: [],
      stores: [],
      caches: [],
      cookies: '',
      workers: 0,
    });
  });

  it('keeps a visit of several pages to one opening', async () => {
    const address = await host('visit', { tick_s: 3_600, visit_s: 600 });
    const { open } = await take();
    const page = await open(address);
    await until('the tick of the opening', () => line.of('visit').length === 3);
    await page.reload();
    await open(address);
    await page.waitForTimeout(2_500);
    assert.equal(line.of('visit').length, 3);
  });

  it('leaves the page of the host as it is, in both languages and schemes', async () => {
    for (const scheme of ['light', 'dark']) {
      const name = `page-${scheme}`;
      const page = await (await take({ scheme })).open(await host(name));
      await until('a tick', () => line.of(name).length >= 3);
      await accessible(page, 'the host page in Ukrainian');
      await page.getByLabel('Паспорти батьків').check();
      await page.getByText('Готово: 1 з 4').waitFor();
      await page.getByRole('button', { name: 'English' }).click();
      await page.getByRole('heading', { name: 'What to bring?' }).waitFor();
      await page.getByRole('searchbox').fill('tax');
      assert.equal(await page.locator('#list li').count(), 1);
      await accessible(page, 'the host page in English');
      assert.equal(await page.locator('body > div, iframe').count(), 0);
    }
  });

  it('stops when the host says so, and never begins when it said so before', async () => {
    const page = await (await take()).open(await host('off'));
    await until('a tick', () => line.of('off').length >= 3);
    await page.evaluate(() => document.querySelector('script[data-config]').setAttribute('data-off', ''));
    // What has begun ends.
    await page.waitForTimeout(1_000);
    const before = line.of('off').length;
    await page.waitForTimeout(6_000);
    assert.equal(line.of('off').length, before);

    const index = await readFile(join(folder, 'host/index.html'), 'utf8');
    await writeFile(join(folder, 'host/off.html'), index.replace('data-config', 'data-off data-config'));
    await (await take()).open(`${await host('never')}off.html`);
    await page.waitForTimeout(2_000);
    assert.deepEqual(line.of('never'), []);
  });

  it('runs no script and no core but those whose hashes the page and the script name', async () => {
    for (const file of [
      'embed.js',
      (await import('node:fs')).readdirSync(folder).find((f) => f.endsWith('.wasm')),
    ]) {
      const name = `spoilt-${file.slice(-4)}`.replace('.', '');
      const spoilt = await mkdtemp(join(tmpdir(), 'lapwing-embed-'));
      try {
        await cp(DIST, spoilt, { recursive: true });
        const bytes = await readFile(join(spoilt, file));
        // A custom section of WebAssembly, a comment of JavaScript: it would run as before.
        const more = file === 'embed.js' ? Buffer.from('\n//') : Buffer.from([0, 2, 1, 0x61]);
        await writeFile(join(spoilt, file), Buffer.concat([bytes, more]));
        const { context } = await phone(browser);
        const page = await context.newPage();
        await page.goto(await host(name, {}, { folder: spoilt }));
        await page.getByLabel('Паспорти батьків').check();
        await page.waitForTimeout(3_000);
        assert.deepEqual(line.of(name), []);
        await context.close();
      } finally {
        await rm(spoilt, { recursive: true, force: true });
      }
    }
  });

  it('opens the app over the page to whoever holds the logo or knows the words, and leaves nothing of it', async () => {
    const port = await freePort();
    const framed = ['--framed-by', `http://127.0.0.1:${port}`];
    const app = await serveApp({ relay: lapwing.relay, rootKey, more: framed });
    try {
      const entrance = { app: app.address, hold: { on: '#logo', for_s: 1 }, phrase: PHRASE };
      const address = await host('entrance', { entrance, tick_s: 3_600 }, { port });
      const { open } = await take();
      const page = await open(address);
      await until('the tick of the opening', () => line.of('entrance').length === 3);
      const before = { ...(await kept(page)), length: await page.evaluate(() => history.length) };
      const inside = page.frameLocator('iframe');

      // Too short a press is a link.
      await page.locator('#logo').click();
      assert.equal(await page.locator('iframe').count(), 0);
      await page.waitForLoadState('load');
      await page.waitForTimeout(1_000);

      const box = await page.locator('#logo').boundingBox();
      await page.mouse.move(box.x + 20, box.y + 20);
      await page.mouse.down();
      await inside.getByRole('heading', { name: 'What do you see?' }).waitFor();
      await page.mouse.up();
      assert.equal(page.url(), address, 'the address bar shows the host');
      await page.getByRole('button', { name: 'Закрити' }).click();
      assert.equal(await page.locator('iframe').count(), 0);

      await page.locator('#find').fill('Тиха гавань');
      await page.locator('#find').press('Enter');
      await inside.getByRole('heading', { name: 'What do you see?' }).waitFor();
      assert.equal(await page.locator('#find').inputValue(), '');
      await page.getByRole('button', { name: 'Закрити' }).click();
      await page.locator('#find').fill('Тиха гавен');
      await page.locator('#find').press('Enter');
      await page.waitForTimeout(1_500);
      assert.equal(await page.locator('iframe').count(), 0);

      const now = { ...(await kept(page)), length: await page.evaluate(() => history.length) };
      assert.deepEqual(now, before);
    } finally {
      await app.close();
    }
  });

  it('opens the app in the place of the page where the host wants that, without a way back', async () => {
    const entrance = { app: lapwing.app, as: 'page', hold: { on: '#logo', for_s: 1 } };
    const address = await host('in-place', { entrance, tick_s: 3_600 });
    const page = await (await take()).open(address);
    await until('the tick of the opening', () => line.of('in-place').length === 3);
    const before = await page.evaluate(() => history.length);
    await page.locator('#logo').focus();
    await page.keyboard.down('Enter');
    await page.getByRole('heading', { name: 'What do you see?' }).waitFor();
    await page.keyboard.up('Enter');
    assert.equal(page.url(), lapwing.app);
    assert.equal(await page.evaluate(() => history.length), before);
  });

  async function freePort() {
    const server = await serve({ root_key: rootKey, relays: [lapwing.relay] }, { folder });
    const { port } = new URL(server.address);
    await server.close();
    return Number(port);
  }
});
