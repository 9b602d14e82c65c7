// Updates of the witness app: what its makers signed is taken, anything else leaves the app as it was.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeKey, OWN_KEY, sign } from '../web/witness/build/release.js';
import { launch, phone, start, until } from './witness-app.mjs';

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const APP = process.env.LAPWING_WEB ?? path('web/witness/dist');
const LAPWING = process.env.LAPWING_BIN ?? path('target/debug/lapwing');

describe('an update of the app', { timeout: 300_000 }, () => {
  let lapwing;
  let browser;
  let folder;
  let host;
  let one;
  let first;

  before(async () => {
    [lapwing, browser] = await Promise.all([start(), launch()]);
    folder = await mkdtemp(join(tmpdir(), 'lapwing-app-'));
    await fresh();
    first = Number(/^version (\d+)$/m.exec(await readFile(join(folder, 'manifest.sig'), 'utf8'))[1]);
    host = await serve();
    one = await phone(browser);
    const page = await one.open(host.address);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await page.close();
  });
  after(async () => {
    await browser?.close();
    await host?.close();
    await lapwing?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** The app as it was built, without the packed forms of its files, which would have to change with them. */
  async function fresh() {
    await cp(APP, folder, { recursive: true });
    for (const file of await readdir(folder, { recursive: true })) {
      if (file.endsWith('.br')) await rm(join(folder, file));
    }
  }

  /** Another version: its page says which. */
  async function make(build) {
    await fresh();
    const index = join(folder, 'index.html');
    const text = await readFile(index, 'utf8');
    await writeFile(index, text.replace('</title>', `</title><meta name="build" content="${build}">`));
  }

  async function serve() {
    const { root_key: rootKey } = await (await fetch(`${lapwing.app}config.json`)).json();
    const child = spawn(LAPWING, [
      ...['web', '--web', folder, '--listen', '127.0.0.1:0'],
      ...['--relay', lapwing.relay, '--desk-root-key', rootKey],
    ]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    const address = await until('the app', () => /witness\s+(\S+)/.exec(said)?.[1]);
    return {
      address,
      async close() {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      },
    };
  }

  const build = (page) =>
    page.evaluate(() => document.querySelector('meta[name=build]')?.getAttribute('content') ?? 'first');
  const why = (page) =>
    page.evaluate(async () => (await caches.match('/refused', { cacheName: 'lapwing-refused' }))?.text());
  const whole = (page, version) =>
    page.evaluate(
      async (name) => (await caches.has(name)) && (await (await caches.open(name)).match('/manifest.sig')) !== undefined,
      `lapwing-${version}`,
    ); // prettier-ignore

  /** Opens the app, lets it look for an update, and opens it again. */
  async function opened(settled) {
    const page = await one.open(host.address);
    await until('a look at the update', () => settled(page));
    await page.close();
    const again = await one.open(host.address);
    // It works: it can be used, and its code is there.
    await again.getByRole('button', { name: 'Shelling', exact: true }).click();
    await again.getByRole('status').filter({ hasText: 'Tap the place' }).waitFor();
    await again.goBack();
    return again;
  }

  async function refusedAs(reason, running) {
    const page = await opened(async (page) => (await why(page)) === reason);
    assert.equal(await build(page), running);
    await page.getByRole('button', { name: 'Language and more' }).click();
    await page.getByRole('status').filter({ hasText: 'An update of the app was refused' }).waitFor();
    const names = await page.evaluate(() => caches.keys());
    assert.equal(names.length, 2, `one version and the reason, not ${names}`);
    await page.close();
  }

  it('is taken when it is signed, whole and newer, and by the next opening only', async () => {
    await make('second');
    sign(folder, OWN_KEY, first + 1);
    const page = await one.open(host.address);
    assert.equal(await build(page), 'first');
    await until('the new version', () => whole(page, first + 1));
    await page.reload();
    assert.equal(await build(page), 'first', 'not under a page that is open');
    await page.close();
    const again = await one.open(host.address);
    assert.equal(await build(again), 'second');
    assert.equal(await why(again), undefined);
    await again.close();
  });

  it('is refused when a file is not the one that was signed', async () => {
    await make('third');
    sign(folder, OWN_KEY, first + 2);
    // A file that is not new is not even asked for: it is taken from the version that is here.
    await writeFile(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const index = join(folder, 'index.html');
    await writeFile(index, (await readFile(index, 'utf8')).replace('third', 'other'));
    await refusedAs('file', 'second');
  });

  it('is refused when somebody else signed it, or nobody', async () => {
    await make('third');
    const stranger = join(folder, '..', `${folder.split('/').at(-1)}.key`);
    makeKey(stranger);
    sign(folder, stranger, first + 2);
    await rm(stranger);
    await refusedAs('signature', 'second');
    const manifest = join(folder, 'manifest.sig');
    sign(folder, OWN_KEY, first + 2);
    const signed = await readFile(manifest, 'utf8');
    await writeFile(manifest, signed.replace(`version ${first + 2}`, `version ${first + 9}`));
    await refusedAs('signature', 'second');
  });

  it('is refused when it is older', async () => {
    await make('third');
    sign(folder, OWN_KEY, first);
    await refusedAs('older', 'second');
  });

  it('is taken again once it holds, and the app opens when its host is gone', async () => {
    await make('third');
    sign(folder, OWN_KEY, first + 2);
    const page = await opened((page) => whole(page, first + 2));
    assert.equal(await build(page), 'third');
    assert.equal(await why(page), undefined);
    await page.close();
    const { address } = host;
    await host.close();
    host = undefined;
    const offline = await one.open(address);
    assert.equal(await build(offline), 'third');
    assert.deepEqual(one.faults, []);
  });
});
