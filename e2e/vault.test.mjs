// The vault in a real browser: passphrases, a decoy, panic; on every install, and made afresh at every opening.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { accessible, handy, kept, launch, phone, start, until } from './witness-app.mjs';

const MINE = 'чотири слова про вишні';
const DECOY = 'quite another four words';

describe('the vault', { timeout: 600_000 }, () => {
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

  const go = async (page) => {
    await page.getByRole('button', { name: 'Language and more' }).click();
    await page.getByRole('button', { name: 'Hiding place' }).click();
    await page.getByRole('heading', { name: 'Hiding place' }).waitFor();
  };
  const opened = (page) => page.getByRole('status').filter({ hasText: /^Open\./ });

  async function set(page, passphrase, again = passphrase) {
    const fold = page.getByRole('button', { name: 'Set a passphrase' });
    if ((await fold.getAttribute('aria-expanded')) === 'false') await fold.click();
    await page.getByLabel('New passphrase').fill(passphrase);
    await page.getByLabel('The same once more').fill(again);
    await page.getByRole('button', { name: 'Set this passphrase' }).click();
  }

  async function unlock(page, passphrase) {
    await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
  }

  /** The vault's bytes, once it is there in full. */
  async function picture(page) {
    const read = () =>
      page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const file = await root.getFileHandle('vault').then(
          (handle) => handle.getFile(),
          () => undefined,
        );
        if (!file) return '';
        const bytes = new Uint8Array(await file.arrayBuffer());
        let text = '';
        for (let at = 0; at < bytes.length; at += 8192)
          text += String.fromCharCode(...bytes.subarray(at, at + 8192));
        return text;
      });
    return until('the vault', async () => {
      const bytes = Buffer.from(await read(), 'latin1');
      return bytes.length === 344_064 && bytes;
    });
  }

  const same = (a, b) => {
    let count = 0;
    for (let at = 4096; at < 172_032 - 4096; at += 32)
      if (Buffer.compare(a.subarray(at, at + 32), b.subarray(at, at + 32)) === 0) count += 1;
    return count;
  };

  it('is on every install, of one size, and changes as a whole at every opening', async () => {
    const { open } = await take();
    const page = await open(lapwing.app);
    const first = await picture(page);
    assert.equal(same(first, first), 5_120, 'the control: what did not change is found');
    await page.reload();
    const second = await until('another picture', async () => {
      const now = await picture(page);
      return same(first, now) === 0 && now;
    });
    assert.equal(Buffer.compare(first.subarray(0, 46), second.subarray(0, 46)), 0, 'the salt stays');
  });

  it('opens with its passphrase, with a decoy beside it, and with nothing else', async () => {
    const { open } = await take();
    const page = await open(lapwing.app);
    await go(page);
    await set(page, 'short');
    await page.getByText('Too short').waitFor();
    await set(page, MINE, DECOY);
    await page.getByText('The two are not the same.').waitFor();
    await set(page, MINE);
    await opened(page).waitFor();
    // The form closes a moment after the slot is open.
    await page.locator('.fold[aria-expanded=false]').waitFor();
    await set(page, DECOY);
    await page.locator('.fold[aria-expanded=false]').waitFor();
    const shown = await kept(page);
    for (const word of ['вишні', 'another']) assert.ok(!shown.text.includes(word), 'no passphrase is kept');

    await page.reload();
    await go(page);
    assert.equal(await opened(page).count(), 0, 'it is closed after a restart');
    await unlock(page, 'none of the two passphrases');
    await page.getByText('Nothing opens with this passphrase.').waitFor();
    // Letters that look the same, in another encoding, and a space too many.
    await unlock(page, ` ${MINE.normalize('NFD')} `);
    await opened(page).waitFor();
    await page.getByRole('button', { name: 'Close it' }).click();
    await opened(page).waitFor({ state: 'detached' });
    await unlock(page, DECOY);
    await opened(page).waitFor();
  });

  it('gives every slot a witness of its own, and reports without one', async () => {
    const before = (await lapwing.desk('overview')).counters.accepted;
    const { open } = await take();
    const page = await open(lapwing.app);
    const report = async (count) => {
      await page.getByRole('button', { name: 'Shelling', exact: true }).click();
      await page.getByRole('searchbox').fill('Bakhmut');
      await page.locator('.found li button').first().click();
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await until(
        'the report',
        async () => (await lapwing.desk('overview')).counters.accepted === before + count,
      );
    };
    const sources = async () => {
      const { incidents } = await lapwing.desk('incidents');
      const shelling = incidents.filter(({ kind }) => kind === 2);
      assert.equal(shelling.length, 1);
      return shelling[0].sources;
    };
    await report(1);
    await report(2);
    assert.equal(await sources(), 1, 'without a passphrase it is one witness');
    await go(page);
    await set(page, MINE);
    await opened(page).waitFor();
    await page.goBack();
    await page.goBack();
    await report(3);
    await until('another witness', async () => (await sources()) === 2);
  });

  async function gesture(page) {
    const title = await page.locator('h1').boundingBox();
    const [x, y] = [title.x + 20, title.y + title.height / 2];
    await page.mouse.move(x, y);
    for (let tap = 0; tap < 2; tap++) {
      await page.mouse.down();
      await page.mouse.up();
    }
    await page.mouse.down();
    return () => page.mouse.up();
  }

  it('ends everything by a gesture, at once, and then looks as if it were new', async () => {
    const { context, open } = await take();
    const page = await open(lapwing.app);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await go(page);
    await set(page, MINE);
    await opened(page).waitFor();
    await page.goBack();
    await page.goBack();
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Shelling', exact: true }).click();
    await page.getByRole('searchbox').fill('Bakhmut');
    await page.locator('.found li button').first().click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('status').filter({ hasText: '1 report is waiting' }).waitFor();
    const [before, waiting] = [await picture(page), await kept(page)];
    assert.deepEqual(waiting.sizes, [2048]);

    // Two taps and a short hold are not it.
    (await gesture(page))();
    await page.waitForTimeout(300);
    assert.deepEqual((await kept(page)).sizes, [2048]);
    await page.waitForTimeout(1_600);

    const took = page.evaluate(
      () =>
        new Promise((resolve) =>
          new PerformanceObserver((list) => resolve(list.getEntries()[0].detail)).observe({ type: 'mark' }),
        ),
    );
    const lift = await gesture(page);
    const ms = await took;
    await page.waitForURL(lapwing.app);
    await lift();
    assert.ok(ms < 200, `keys gone after ${ms} ms`);
    await page.getByRole('heading', { name: 'What do you see?' }).waitFor();
    // On every phone without a connection one envelope waits: it is another one now.
    await until('what waited is gone', async () => !(await kept(page)).ends.includes(waiting.ends[0]));
    const after = await picture(page);
    assert.equal(same(before, after), 0);
    assert.notEqual(Buffer.compare(before.subarray(28, 44), after.subarray(28, 44)), 0, 'another salt');
    await go(page);
    await unlock(page, MINE);
    await page.getByText('Nothing opens with this passphrase.').waitFor();
  });

  it('ends everything by Escape five times, not by four', async () => {
    const { open } = await take();
    const page = await open(lapwing.app);
    const before = await picture(page);
    for (let press = 0; press < 4; press++) await page.keyboard.press('Escape');
    await page.waitForTimeout(2_200);
    assert.equal(Buffer.compare(before.subarray(28, 44), (await picture(page)).subarray(28, 44)), 0);
    // The page begins anew, and Chromium may never close one that is closed on its way there.
    const anew = page.waitForEvent('load');
    for (let press = 0; press < 5; press++) await page.keyboard.press('Escape');
    await anew;
    await page.getByRole('heading', { name: 'What do you see?' }).waitFor();
    await until('another salt', async () => {
      const now = await picture(page).catch(() => before);
      return Buffer.compare(before.subarray(28, 44), now.subarray(28, 44)) !== 0;
    });
  });

  for (const [width, height, locale, scheme] of [
    [320, 568, 'uk-UA', 'dark'],
    [360, 640, 'uk-UA', 'light'],
    [360, 640, 'en-GB', 'dark'],
    [412, 915, 'en-GB', 'light'],
  ]) {
    it(`serves everybody at ${width}×${height}, ${locale}, ${scheme}`, async () => {
      const { open } = await take({ width, height, locale, scheme });
      const page = await open(lapwing.app);
      const shot = async (name) => {
        const folder = process.env.LAPWING_SHOTS;
        if (folder)
          await page.screenshot({ path: `${folder}/vault-${name}-${width}-${locale}-${scheme}.png` });
      };
      await page.getByRole('button', { name: /Мова та інше|Language and more/ }).click();
      await shot('about');
      await page.getByRole('button', { name: /Схованка|Hiding place/ }).click();
      await accessible(page, 'the hiding place');
      await handy(page, 'the hiding place');
      await shot('closed');
      await page.getByRole('button', { name: /Задати парольну|Set a passphrase/ }).focus();
      await page.keyboard.press('Enter');
      await page.getByLabel(/Нова фраза|New passphrase/).fill(MINE);
      await page.getByLabel(/Те саме|The same once/).fill(DECOY);
      await page.keyboard.press('Enter');
      await page
        .locator('.refused')
        .filter({ hasText: /не однакові|not the same/ })
        .waitFor();
      await accessible(page, 'setting a passphrase');
      await handy(page, 'setting a passphrase');
      await shot('adding');
      await page.getByLabel(/Те саме|The same once/).fill(MINE);
      await page.keyboard.press('Enter');
      await page.locator('.note.open').waitFor();
      await accessible(page, 'an open hiding place');
      await handy(page, 'an open hiding place');
      await page.locator('main').evaluate((main) => main.scrollTo(0, 0));
      await shot('open');
      await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
      await shot('end');
    });
  }
});
