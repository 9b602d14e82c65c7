// Relays that take an envelope only with a pass: what a phone without any says, a code, an invite's square, and the script
// for everyday pages; with a real issuer, relay and desk.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serve } from '../web/embed/host/serve.js';
import { filmed, founded, hide, near, shot } from './enrolling.mjs';
import { accessible, handy, launch, phone, start, until } from './witness-app.mjs';

describe('passes', { timeout: 600_000 }, () => {
  let lapwing;
  let browser;

  before(async () => {
    [lapwing, browser] = await Promise.all([
      start('--admission', 'passes', '--drop-period', '60', '--tick-s', '2'),
      launch(),
    ]);
    // The issuer's keys come with a bulletin of their own.
    const relay = `${lapwing.relay}/v1/bulletin`;
    await until('the keys', async () =>
      Buffer.from(await (await fetch(relay)).arrayBuffer()).includes(lapwing.issuer),
    );
  });
  after(async () => {
    await browser?.close();
    await lapwing?.close();
  });

  const accepted = async () => (await lapwing.desk('overview')).counters.accepted;

  /** Notes what is posted to relays and what came of it. */
  function posts(page) {
    const seen = [];
    page.on('response', (response) => {
      const request = response.request();
      if (request.method() === 'POST' && response.url().endsWith('/v1/envelopes'))
        seen.push({ status: response.status(), pass: request.headers()['authorization'] });
    });
    return seen;
  }

  async function report(page) {
    await page.getByRole('button', { name: 'Fire', exact: true }).click();
    await page.getByRole('searchbox').fill('Kyiv');
    await page.locator('.found li button').first().click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
  }

  it('says that there are none, fetches some with a code, and spends one for each envelope', async () => {
    for (const [locale, scheme, none, menu] of [
      ['uk-UA', 'dark', 'На цьому телефоні немає перепусток', 'Перепустки'],
      ['en-GB', 'light', 'There are no passes on this phone', 'Passes'],
    ]) {
      const { context, open } = await phone(browser, { locale, scheme });
      const page = await open(lapwing.app);
      await page.getByText(none).waitFor();
      await accessible(page, `${locale}, no passes`);
      await handy(page, `${locale}, no passes`);
      await page.getByRole('button', { name: menu, exact: true }).click();
      await accessible(page, `${locale}, the screen of passes`);
      await handy(page, `${locale}, the screen of passes`);
      await shot(page, `passes-${locale}`);
      await context.close();
    }
    const before = await accepted();
    const { context, open, faults } = await phone(browser);
    const page = await open(lapwing.app);
    const seen = posts(page);
    await report(page);
    await page.getByRole('status').filter({ hasText: 'this phone has no passes' }).waitFor();
    await shot(page, 'passes-waits');
    assert.deepEqual(seen, [], 'nothing is sent that would be refused');
    await page.getByRole('button', { name: 'Passes', exact: true }).click();
    await page.getByLabel('Your code').fill('no-such-code-at-all');
    await page.getByRole('button', { name: 'Get passes' }).click();
    await page.getByRole('alert').filter({ hasText: 'This code gets no passes' }).waitFor();
    await accessible(page, 'a code that is none');
    await page.getByLabel('Your code').fill(` ${lapwing.code} `);
    await page.getByLabel('Your code').press('Enter');
    await page.getByText(/^\d+\spasses are left/).waitFor();
    await shot(page, 'passes-there');
    await until('the report', async () => (await accepted()) === before + 1);
    await until('cover', () => seen.length >= 6);
    assert.ok(seen.every(({ status, pass }) => status === 201 && pass.startsWith('PrivateToken token="')));
    assert.equal(new Set(seen.map(({ pass }) => pass)).size, seen.length, 'no pass is shown twice');
    // Fewer than a batch are left: another one comes within a minute.
    const left = async () => Number.parseInt(await page.getByText(/passes are left/).innerText(), 10);
    await until('the next batch', async () => (await left()) > 32, 90_000);
    // After a reload they are there, and go on to be spent.
    await page.reload();
    const more = seen.length;
    await until('more cover', () => seen.length >= more + 2);
    assert.ok(seen.every(({ status }) => status === 201));
    assert.deepEqual(faults, []);
    await context.close();
  });

  it('asks and reports with the two passes of an invite’s square, and with no cover', async () => {
    const cell = await founded(lapwing, 'Bridge');
    const { code, passes } = await until('an invite with passes', async () => {
      const made = await cell.invite('Driver');
      return made.passes ? made : undefined;
    });
    const folder = await mkdtemp(join(tmpdir(), 'lapwing-film-'));
    const film = join(folder, 'slip.y4m');
    await writeFile(film, filmed(`LAPWING:${code}:${passes}`.toUpperCase()));
    const watching = await launch(film);
    try {
      const { context, open, faults } = await phone(watching);
      const page = await open(lapwing.app);
      const seen = posts(page);
      await hide(page, 'passes');
      await near(page);
      await page.getByRole('button', { name: 'Scan the square' }).click();
      await page.getByText('Asked. The answer may take').waitFor();
      await until('the member', async () => (await cell.view()).members[0]);
      await until('the answer to the request', () => seen.length === 1);
      await page.waitForTimeout(6_000);
      assert.equal(seen.length, 1, 'cover leaves the other one');
      const before = await accepted();
      await page.goto(lapwing.app);
      await report(page);
      await until('the report', async () => (await accepted()) === before + 1);
      assert.deepEqual(
        seen.map(({ status }) => status),
        [201, 201],
      );
      await page.getByText('There are no passes on this phone').waitFor();
      assert.deepEqual(faults, []);
      await context.close();
    } finally {
      await watching.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('lets visitors of a page spend passes that the host speaks for', async () => {
    const { root_key } = await (await fetch(`${lapwing.app}config.json`)).json();
    const config = { root_key, relays: [lapwing.relay], tick_s: 1, visit_s: 1, credential: '/credential' };
    const { issuer, code } = lapwing;
    const hosts = await Promise.all([
      serve(config, { issuer, code }),
      serve({ ...config, credential: undefined }, { issuer }),
    ]);
    const { context, open, faults } = await phone(browser);
    const [known, unknown] = [await open(hosts[0].address), await open(hosts[1].address)];
    const [seen, none] = [posts(known), posts(unknown)];
    await until('cover', () => seen.length >= 5, 60_000);
    assert.ok(seen.every(({ status, pass }) => status === 201 && pass));
    assert.deepEqual(none, [], 'who has no pass sends nothing');
    const kept = () => known.evaluate(() => Object.keys(localStorage).sort());
    assert.deepEqual(await kept(), ['lapwing', 'lapwing-passes']);
    await context.close();
    for (const host of hosts) await host.close();
    assert.deepEqual(faults, []);
  });
});
