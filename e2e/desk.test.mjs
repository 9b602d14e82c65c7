// The desk's page on a real desk: `lapwing up --demo` plays the bundled hour, and an analyst watches, decides, warns.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accessible, launch, mapDrawn, NO_PROGRAM, NO_WEBGL, open, reachable, start } from './desk-page.mjs';

describe('the desk with an hour of reports', { timeout: 600_000, skip: NO_PROGRAM }, () => {
  let lapwing;
  let address;
  let browser;
  let drawing;

  before(async () => {
    [lapwing, browser, drawing] = await Promise.all([start('--demo'), launch(NO_WEBGL), launch()]);
    address = lapwing.address;
  });
  after(async () => {
    await browser?.close();
    await drawing?.close();
    await lapwing?.close();
  });

  const count = (page) =>
    page.evaluate(() => Number(document.querySelector('[aria-setsize]')?.ariaSetSize ?? 0));

  it('lets nobody in without the key', async () => {
    const { page, close } = await open(browser);
    await page.goto(new URL('/', address).href);
    await page.waitForFunction(() => /not signed in|sign/i.test(document.body.innerText));
    assert.equal(await page.locator('[data-id]').count(), 0);
    await close();
  });

  it('fills while one watches, without reloading', async () => {
    const { page, faults, close } = await open(drawing);
    await page.goto(address);
    assert.ok(!page.url().includes('key='), 'the key does not stay in the address');
    await page.waitForSelector('[data-id]');
    await page.evaluate(() => {
      globalThis.sameDocument = true;
    });
    const first = await count(page);
    await page.waitForFunction(
      (was) => Number(document.querySelector('[aria-setsize]')?.ariaSetSize) > was + 5,
      first,
    );
    assert.equal(await page.evaluate(() => globalThis.sameDocument), true);
    await mapDrawn(page);
    await accessible(page, 'the live desk');
    await reachable(page, 'the live desk');
    assert.deepEqual(faults, []);
    await close();
  });

  it('takes a verdict, shows it to another analyst at once, and keeps it', async () => {
    const one = await open(browser);
    const two = await open(browser, { language: 'uk' });
    await one.page.goto(address);
    await two.page.goto(address);
    const row = one.page
      .locator('[data-id].open')
      .filter({ hasText: /[2-9]\speople/ })
      .first();
    const id = await row.getAttribute('data-id');
    await row.click();
    await one.page.waitForSelector('.detail ol li');
    await two.page.evaluate((chosen) => {
      location.hash = `#${chosen}`;
    }, id);
    await two.page.locator('.detail').getByRole('button', { name: 'Підтвердити' }).waitFor();
    await one.page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await one.page.locator('.verdict.confirmed').waitFor();
    await two.page.locator('.verdict.confirmed').waitFor();
    await two.page.locator('[aria-live=polite]', { hasText: 'Підтверджено' }).waitFor({ state: 'attached' });
    await one.page.reload();
    await one.page.locator('.verdict.confirmed').waitFor();
    await one.page.getByText('History').waitFor();
    await one.page.getByRole('button', { name: 'Undo' }).click();
    await two.page.locator('.detail').getByRole('button', { name: 'Підтвердити' }).waitFor();
    assert.deepEqual([...one.faults, ...two.faults], []);
    await one.close();
    await two.close();
  });

  it('publishes a warning in two clicks, which the feed then carries, and cancels it', async () => {
    const { page, faults, close } = await open(browser);
    await page.goto(address);
    await page
      .locator('[data-id]:not(:has(.warned))')
      .filter({ hasText: /Fire|Explosion|Shelling/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Warn people' }).click();
    const headline = (language) => page.locator(`[data-field="${language}.headline"]`);
    await headline('en').waitFor();
    // The words may be changed before the second click.
    await headline('en').fill('Stay away from the mill');
    await headline('uk').fill('Не підходьте до млина');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('The warning is published.').waitFor();
    await page.locator('.card').getByText('Stay away from the mill').waitFor();

    const feed = await page.evaluate(async () => (await (await fetch('/api/overview')).json()).feeds[0]);
    const carries = async (text) => {
      const deadline = Date.now() + 30_000;
      for (;;) {
        const answer = await fetch(feed);
        const body = answer.ok ? await answer.text() : '';
        if (body.includes(text)) return body;
        assert.ok(Date.now() < deadline, `the feed does not carry "${text}"`);
        await new Promise((done) => setTimeout(done, 300));
      }
    };
    // The feed is in the deployment's first language; each alert is in both.
    const entry = (await carries('Не підходьте до млина'))
      .split('<entry>')
      .find((each) => each.includes('млина'));
    const alert = new URL(/<link rel="alternate"[^>]*href="([^"]+)"/.exec(entry)[1], feed);
    const cap = await (await fetch(alert)).text();
    assert.ok(cap.includes('Stay away from the mill') && cap.includes('Не підходьте до млина'));
    await page.locator('.card').getByText('on 1 of 1 relays').waitFor();

    await page.getByRole('button', { name: 'Update' }).click();
    await headline('uk').waitFor();
    await headline('uk').fill('Не підходьте до млина й мосту');
    await page.getByRole('button', { name: 'Publish the update' }).click();
    await page.getByText('The update is published.').waitFor();
    await carries('млина й мосту');

    await page.getByRole('button', { name: 'Cancel it' }).click();
    await page.getByRole('button', { name: 'Yes, cancel the warning' }).click();
    await page.getByText('The warning is cancelled.').waitFor();
    await page.getByRole('button', { name: 'Warn people' }).waitFor();
    assert.deepEqual(faults, []);
    await close();
  });
});
