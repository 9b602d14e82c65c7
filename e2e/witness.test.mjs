// The witness app with a real relay and desk: what a person can do, what the phone keeps, what the desk gets.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { accessible, handy, kept, launch, phone, start, until } from './witness-app.mjs';

describe('the witness app', { timeout: 600_000 }, () => {
  let lapwing;
  let browser;
  let phones = [];

  before(async () => {
    [lapwing, browser] = await Promise.all([start(), launch()]);
  });
  after(async () => {
    await browser?.close();
    await lapwing?.close();
  });
  afterEach(async () => {
    for (const { context, faults } of phones.splice(0)) {
      await context.close();
      assert.deepEqual(faults, []);
    }
  });

  async function take(options) {
    const one = await phone(browser, options);
    phones.push(one);
    return one;
  }

  const accepted = async () => (await lapwing.desk('overview')).counters.accepted;
  const atDesk = (count) => until(`${count} reports at the desk`, async () => (await accepted()) === count);
  const status = (page, text) => page.getByRole('status').filter({ hasText: text }).first().waitFor();
  /** The app's files are kept, so that it opens without a connection. */
  const ready = (page) => page.evaluate(() => navigator.serviceWorker.ready.then(() => true));

  /** Chooses the kind, then a large town on the map. */
  async function fill(page, kind = 'Shelling', town = 'Kyiv') {
    await page.getByRole('button', { name: kind, exact: true }).click();
    await page.getByRole('searchbox').fill(town);
    await page.locator('.found li button').first().click();
    await page.getByRole('heading', { name: 'Send this?' }).waitFor();
  }

  const send = (page) => page.getByRole('button', { name: 'Send', exact: true }).click();

  it('reports in three taps, and the desk has it', async () => {
    const before = await accepted();
    const { open } = await take();
    const page = await open(lapwing.app);
    // 1: the kind.
    await page.getByRole('button', { name: 'Shelling', exact: true }).tap();
    // 2: the place. Kyiv stands a little above and left of the middle of the whole map.
    await page.getByRole('status').filter({ hasText: 'Tap the place' }).waitFor();
    const box = await page.locator('canvas').boundingBox();
    await page.touchscreen.tap(box.x + box.width * 0.472, box.y + (box.height - 64) * 0.33);
    await page.getByText('Shelling, in Kyiv, now.').waitFor();
    // 3: send.
    await page.getByRole('button', { name: 'Send', exact: true }).tap();
    await status(page, /^Sent at \d\d:\d\d: a relay has it$/);
    await atDesk(before + 1);
    const { incidents } = await lapwing.desk('incidents');
    const [incident] = incidents;
    assert.ok(Math.abs(incident.lat - 50.45) < 0.1 && Math.abs(incident.lon - 30.52) < 0.1, 'it is in Kyiv');
    await until('the empty outbox', async () => (await kept(page)).sizes.length === 0);
    assert.equal((await kept(page)).length, 65_924);
  });

  it('waits for its schedule, and sends at once on the wish of somebody who was told what that shows', async () => {
    const before = await accepted();
    const { context, open } = await take();
    const slow = await (await fetch(`${lapwing.app}config.json`)).json();
    await context.route('**/config.json', (route) => route.fulfill({ json: { ...slow, tick_s: 86_400 } }));
    const asked = [];
    context.on('request', (request) => {
      if (request.url().startsWith(lapwing.relay)) asked.push(new URL(request.url()).pathname);
    });
    const page = await open(lapwing.app);
    const contact = ['/v1/bulletin', '/v1/drops/', '/v1/envelopes'];
    const contacts = () => asked.map((path) => path.replace(/\d+$/, ''));
    await until('the contact of an opening', () => asked.length === 3);
    await fill(page);
    await send(page);
    await status(page, /leaves with the next contact\. That is at/);
    const shots = process.env.LAPWING_SHOTS;
    if (shots) await page.screenshot({ path: `${shots}/queued.png` });
    await page.waitForTimeout(3_000);
    assert.deepEqual(contacts(), contact, 'nothing is sent beside the schedule');
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.getByText('Whoever watches your line can notice it').waitFor();
    await accessible(page, 'what sending now shows');
    await handy(page, 'what sending now shows');
    if (shots) await page.screenshot({ path: `${shots}/now.png` });
    await page.getByRole('button', { name: 'Wait', exact: true }).click();
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.getByRole('group').getByRole('button', { name: 'Send now' }).click();
    await status(page, /^Sent at/);
    await atDesk(before + 1);
    assert.deepEqual(contacts(), [...contact, ...contact]);
    await fill(page, 'Fire');
    if (shots) await page.screenshot({ path: `${shots}/send.png` });
    await page.getByRole('button', { name: 'Send at once' }).click();
    await status(page, /^Sent at/);
    await atDesk(before + 2);
    assert.deepEqual(contacts(), [...contact, ...contact, ...contact]);
    // The same visit: no contact of its own.
    await page.reload();
    await page.waitForTimeout(2_000);
    assert.equal(asked.length, 9);
  });

  it('keeps a report sealed without a connection, over a restart, and sends it once', async () => {
    const before = await accepted();
    const { context, open } = await take();
    const page = await open(lapwing.app);
    await ready(page);
    await context.setOffline(true);
    await fill(page, 'Mines', 'Бахмут');
    await page.getByRole('button', { name: /Add what you know/ }).click();
    await page.getByLabel('In your own words').fill('by the школа');
    await send(page);
    await status(page, '1 report is waiting for a connection');
    const sealed = await kept(page);
    assert.deepEqual([sealed.sizes, sealed.length], [[2048], 65_924]);
    assert.ok(!/школа|Бахмут|Bakhmut|mines/i.test(sealed.text), 'nothing that was put in is kept');

    await page.reload();
    await page.getByRole('heading', { name: 'What do you see?' }).waitFor();
    // Who picks the phone up reads nothing of it.
    await page.waitForTimeout(3_000);
    assert.equal(await page.getByText('waiting').count(), 0);
    assert.deepEqual((await kept(page)).ends, sealed.ends);
    assert.equal(await accepted(), before);
    await context.setOffline(false);
    await atDesk(before + 1);
    await page.reload();
    await page.waitForTimeout(3_000);
    const { counters } = await lapwing.desk('overview');
    assert.equal(counters.accepted, before + 1);
    assert.ok(!(await kept(page)).ends.includes(sealed.ends[0]));
  });

  it('sends once from two open tabs', async () => {
    const before = await accepted();
    const { context, open } = await take();
    const one = await open(lapwing.app);
    await ready(one);
    const two = await open(lapwing.app);
    await context.setOffline(true);
    await fill(one, 'Drone', 'Одеса');
    await fill(two, 'Fire', 'Одеса');
    await Promise.all([send(one), send(two)]);
    for (const page of [one, two]) await status(page, /^1\sreport is/);
    await until('two envelopes', async () => (await kept(one)).sizes.length === 2);
    const waiting = await kept(one);
    assert.deepEqual(waiting.sizes, [2048, 2048]);
    await context.setOffline(false);
    await atDesk(before + 2);
    await status(one, /^Sent at/);
    await status(two, /^Sent at/);
    const { counters } = await lapwing.desk('overview');
    assert.deepEqual([counters.accepted, counters.duplicates], [before + 2, 0]);
  });

  it('holds a report in memory until the first connection, and says so', async () => {
    const before = await accepted();
    const { context, open } = await take();
    await context.route(`${lapwing.relay}/**`, (route) => route.abort());
    const page = await open(lapwing.app);
    await status(page, 'No connection so far');
    await fill(page);
    await send(page);
    await status(page, '1 report is not sealed yet: keep this page open');
    assert.deepEqual((await kept(page)).sizes, []);
    await context.unroute(`${lapwing.relay}/**`);
    await status(page, /^Sent at/);
    await atDesk(before + 1);
  });

  it('keeps a report until the answer is a receipt for it', async () => {
    const before = await accepted();
    const { context, open } = await take();
    let answer = { status: 201, body: Buffer.alloc(169, 1) };
    await context.route(`${lapwing.relay}/v1/envelopes`, (route) =>
      route.fulfill({ headers: { 'access-control-allow-origin': '*' }, ...answer }),
    );
    const page = await open(lapwing.app);
    await until('the bulletin', () => page.getByText('No warnings in force').isVisible());
    await fill(page);
    await send(page);
    await status(page, '1 report is waiting: the relay takes none just now');
    answer = { status: 400, body: '' };
    await status(page, '1 report is not taken by any relay');
    assert.deepEqual((await kept(page)).sizes, [2048]);
    await context.unroute(`${lapwing.relay}/v1/envelopes`);
    await status(page, /^Sent at/);
    await atDesk(before + 1);
  });

  it('counts once when the answer of the relay is lost on the way', async () => {
    const before = await accepted();
    const { context, open } = await take();
    let arrived = 0;
    await context.route(`${lapwing.relay}/v1/envelopes`, async (route) => {
      arrived += (await route.fetch()).status() === 201 ? 1 : 0;
      await route.abort();
    });
    const page = await open(lapwing.app);
    await fill(page, 'Explosion');
    await send(page);
    await status(page, '1 report is waiting for a connection');
    const first = arrived;
    await until('a second try', () => arrived > first);
    await status(page, '1 report is waiting for a connection');
    await context.unroute(`${lapwing.relay}/v1/envelopes`);
    await status(page, /^Sent at/);
    await atDesk(before + 1);
    const { counters } = await lapwing.desk('overview');
    assert.deepEqual([counters.accepted, counters.duplicates], [before + 1, 0]);
  });

  it('sends what waits at the next opening, and nothing while it is closed', async () => {
    const before = await accepted();
    const { context, open } = await take();
    const page = await open(lapwing.app);
    await ready(page);
    await context.setOffline(true);
    await fill(page, 'Shooting');
    await send(page);
    await status(page, '1 report is waiting for a connection');
    // The worker may still run; the app does not.
    await page.goto('about:blank');
    await context.setOffline(false);
    await page.waitForTimeout(3_000);
    assert.equal(await accepted(), before);
    const again = await open(lapwing.app);
    await atDesk(before + 1);
    await again.waitForTimeout(3_000);
    const { counters } = await lapwing.desk('overview');
    assert.deepEqual([counters.accepted, counters.duplicates], [before + 1, 0]);
  });

  it('does not use a bulletin that the desk did not sign', async () => {
    const real = Buffer.from(await (await fetch(`${lapwing.relay}/v1/bulletin`)).arrayBuffer());
    real[real.length - 1] ^= 1;
    const { context, open } = await take();
    await context.route(`${lapwing.relay}/v1/bulletin`, (route) =>
      route.fulfill({ status: 200, headers: { 'access-control-allow-origin': '*' }, body: real }),
    );
    const page = await open(lapwing.app);
    await status(page, 'A relay shows a file that the desk did not sign');
    await fill(page);
    await send(page);
    await status(page, 'not sealed yet');
  });

  it('shows the warnings in force, also without a connection', async () => {
    const { incidents } = await lapwing.desk('incidents');
    const shelling = incidents.find(({ kind }) => kind === 2);
    const texts = {
      uk: {
        headline: 'Обстріл Києва',
        description: 'Про це повідомляють.',
        instruction: 'Йдіть в укриття.',
        area: 'Київ',
      },
      en: {
        headline: 'Shelling in Kyiv',
        description: 'People report it.',
        instruction: 'Go to shelter.',
        area: 'Kyiv',
      },
    };
    await lapwing.desk('warnings', {
      method: 'POST',
      body: JSON.stringify({ incident: shelling.id, texts }),
    });
    const { context, open } = await take();
    const page = await open(lapwing.app);
    const strip = page.getByRole('button', { name: /1 warning in force/ });
    await strip.waitFor();
    await ready(page);
    await context.setOffline(true);
    await page.reload();
    await strip.click();
    await page.getByRole('heading', { name: 'Shelling in Kyiv' }).waitFor();
    await page.getByText('Go to shelter.').waitFor();
    await page.getByText(/As of .*no connection now/).waitFor();
    await accessible(page, 'the warnings');
    await handy(page, 'the warnings');
  });

  it('can be used by keyboard alone', async () => {
    const before = await accepted();
    const { open } = await take();
    const page = await open(lapwing.app);
    await page.getByRole('button', { name: 'Fire', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('application').focus();
    for (const key of [
      '+',
      'ArrowLeft',
      '+',
      '+',
      '+',
      '+',
      '+',
      '+',
      '+',
      '+',
      '+',
      '+',
      '+',
      '+',
      'Enter',
    ]) {
      await page.keyboard.press(key);
    }
    await page.getByRole('heading', { name: 'Send this?' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Send this?');
    await page.getByRole('radio', { name: 'now' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText(/^Fire, .* 5 min ago\.$/).waitFor();
    await page.getByRole('button', { name: 'Send', exact: true }).focus();
    await page.keyboard.press('Enter');
    await status(page, /^Sent at/);
    await atDesk(before + 1);
  });

  it('asks for the position only on the tap, and goes back step by step', async () => {
    const { context, open } = await take();
    await context.grantPermissions(['geolocation']);
    await context.setGeolocation({ latitude: 49.99, longitude: 36.23, accuracy: 40 });
    const page = await open(lapwing.app);
    const asked = () => page.evaluate(() => globalThis.asked);
    await page.evaluate(() => {
      const real = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
      globalThis.asked = 0;
      navigator.geolocation.getCurrentPosition = (...given) => {
        globalThis.asked += 1;
        real(...given);
      };
    });
    await page.getByRole('button', { name: 'Forces on the move' }).click();
    await page.getByRole('button', { name: 'I am here' }).waitFor();
    assert.equal(await asked(), 0);
    await page.getByRole('button', { name: 'I am here' }).click();
    await page.getByText('You know the place within about 40 m.').waitFor();
    await page.getByText('the place is rounded to 1 km').waitFor();
    assert.equal(await asked(), 1);
    await page.goBack();
    await page.getByRole('heading', { name: 'Where is it?' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'What do you see?' }).waitFor();
  });

  for (const [width, height, locale, scheme] of [
    [320, 568, 'uk-UA', 'dark'],
    [360, 640, 'uk-UA', 'light'],
    [412, 915, 'en-GB', 'dark'],
    [1280, 800, 'en-GB', 'light'],
  ]) {
    it(`serves everybody at ${width}×${height}, ${locale}, ${scheme}`, async () => {
      const { open } = await take({ width, height, locale, scheme });
      const page = await open(lapwing.app);
      const look = async (what) => {
        await accessible(page, what);
        await handy(page, what);
      };
      assert.equal(await page.evaluate(() => document.documentElement.lang), locale.slice(0, 2));
      const tiles = page.locator('main ul button');
      await tiles.last().click();
      await look('the kinds');
      await page
        .locator('main ul button')
        .filter({ hasText: /Рух військ|Forces on the move/ })
        .click();
      await look('the map');
      await page.getByRole('searchbox').fill('ivanivka');
      await page.locator('.found li').first().waitFor();
      await look('the settlements found');
      await page.locator('.found li button').first().click();
      await page.locator('button.fold').click();
      await look('the last step');
      await page.goBack();
      await page.goBack();
      await page.getByRole('button', { name: /Мова та інше|Language and more/ }).click();
      await look('language and more');
      await page.getByRole('radio', { name: locale === 'uk-UA' ? 'English' : 'Українська' }).check();
      assert.equal(
        await page.evaluate(() => document.documentElement.lang),
        locale === 'uk-UA' ? 'en' : 'uk',
      );
    });
  }

  it('removes everything from the phone when asked', async () => {
    const { context, open } = await take();
    const page = await open(lapwing.app);
    await ready(page);
    await context.setOffline(true);
    await fill(page);
    await send(page);
    await status(page, '1 report is waiting');
    await page.getByRole('button', { name: 'Language and more' }).click();
    await page.getByRole('button', { name: 'Remove everything from this phone' }).click();
    await page.getByRole('button', { name: 'Yes, remove everything' }).click();
    await page.getByText('Everything that the app kept is removed.').waitFor();
    const rest = await page.evaluate(async () => ({
      stores: (await indexedDB.databases()).map(({ name }) => name),
      files: (await Array.fromAsync((await navigator.storage.getDirectory()).keys())).sort(),
      caches: await caches.keys(),
      local: Object.keys(localStorage),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
    }));
    assert.deepEqual(rest, { stores: [], files: [], caches: [], local: [], workers: 0 });
  });
});
