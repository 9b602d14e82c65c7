// The desk's page in states that a healthy desk seldom is in, against the made-up desk of web/desk/dev, under a policy
// stricter than the real one's: no inline style, no worker from a blob.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import {
  accessible,
  launch,
  madeUp,
  mapDrawn,
  NO_WEBGL,
  open as openIn,
  PHONE,
  reachable,
  WIDE,
} from './desk-page.mjs';

describe('the desk’s page', { timeout: 600_000 }, () => {
  let browser;
  let drawing;
  let server;
  let opened = [];
  let base;
  const mode = (name) => fetch(`${base}/dev/mode?is=${name}`);

  before(async () => {
    server = await madeUp();
    base = server.base;
    browser = await launch(NO_WEBGL);
    drawing = await launch();
  });
  after(async () => {
    await browser?.close();
    await drawing?.close();
    await server?.close();
  });
  beforeEach(() => mode('still'));
  afterEach(async () => {
    for (const { close } of opened) await close();
    opened = [];
  });

  async function open(options, inside = browser) {
    const one = await openIn(inside, options);
    opened.push(one);
    return one;
  }

  async function ready(options, inside) {
    const one = await open(options, inside);
    await one.page.goto(base);
    await one.page.waitForSelector('[data-id]', { state: 'attached' });
    return one;
  }

  for (const [viewport, size] of [
    [WIDE, 'wide'],
    [{ width: 1280, height: 720 }, 'a laptop'],
    [PHONE, 'a phone'],
  ]) {
    for (const language of ['uk', 'en']) {
      for (const theme of ['light', 'dark']) {
        it(`is accessible on ${size}, ${language}, ${theme}`, async () => {
          const { page, faults } = await ready({
            viewport,
            language,
            theme,
          });
          const what = `${size} ${language} ${theme}`;
          await accessible(page, `the list, ${what}`);
          await reachable(page, `the list, ${what}`);
          await page.locator('[data-id]').first().click();
          await page.waitForSelector('.detail ol li');
          await accessible(page, `an incident, ${what}`);
          await reachable(page, `an incident, ${what}`);
          await page.keyboard.press('Escape');
          await page.locator('[data-id]:has(.warned)').first().click();
          await page.keyboard.press('w');
          await page.waitForSelector('dialog textarea');
          await accessible(page, `the warning, ${what}`);
          await reachable(page, `the warning, ${what}`);
          assert.deepEqual(faults, []);
        });
      }
    }
  }

  it('draws the map, and a press on it opens an incident', async () => {
    const { page, faults } = await ready({}, drawing);
    await mapDrawn(page);
    await accessible(page, 'the page with its map');
    await reachable(page, 'the page with its map');
    // The chosen incident is brought to the middle of the map: there is a mark to press.
    await page.locator('[data-id]').nth(2).click();
    const id = await page.evaluate(() => location.hash);
    await page.waitForTimeout(1500);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => location.hash === '');
    await page.waitForTimeout(1500);
    const box = await page.locator('.maplibregl-canvas').boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForFunction(() => location.hash !== '');
    assert.equal(await page.evaluate(() => location.hash), id);
    assert.deepEqual(faults, []);
  });

  it('works without WebGL, with a plain message in the map’s place', async () => {
    const { page, faults } = await open();
    await page.goto(base);
    await page.getByText('The map cannot be drawn here').waitFor();
    await page.locator('[data-id]').first().click();
    await page.waitForSelector('.detail ol li');
    assert.deepEqual(faults, []);
  });

  it('says what to do when nobody is signed in', async () => {
    await mode('signed-out');
    const { page } = await open();
    await page.goto(base);
    await page.getByText('Open the address that “lapwing desk” printed').waitFor();
    await accessible(page, 'signed out');
  });

  it('shows bones while it loads and says so when there is nothing', async () => {
    await mode('slow');
    const { page } = await open();
    await page.goto(base);
    await page.waitForSelector('.bone');
    await page.waitForSelector('[data-id]');
    await mode('empty');
    await page.goto(base);
    await page.getByText('No incidents yet').waitFor();
    await accessible(page, 'an empty desk');
  });

  it('says that the desk does not answer, and comes back by itself', async () => {
    await mode('down');
    const { page } = await open();
    await page.goto(base);
    await page.getByText('The desk does not answer').waitFor();
    await mode('still');
    await page.waitForSelector('[data-id]');
  });

  it('says when the connection is lost, and catches up', async () => {
    const { page } = await ready();
    const rows = await page.locator('[aria-setsize]').first().getAttribute('aria-setsize');
    await mode('down');
    await page.getByText('Connection to the desk lost').waitFor();
    await mode('many');
    await page.waitForFunction((was) => document.querySelector('[aria-setsize]')?.ariaSetSize !== was, rows);
    await page.getByText('Connection to the desk lost').waitFor({ state: 'detached' });
  });

  it('tells that somebody decided meanwhile, and how it stands', async () => {
    await mode('conflict');
    const { page } = await ready();
    await page.locator('[data-id].open').first().click();
    await page.waitForSelector('.detail ol li');
    await page.keyboard.press('c');
    await page.getByText('Somebody has meanwhile disputed it').waitFor();
    await page.locator('.detail .verdict.disputed').waitFor();
  });

  it('stays quick with five thousand incidents', async () => {
    await mode('many');
    const { page, faults } = await ready();
    await page.waitForFunction(() => Number(document.querySelector('[aria-setsize]')?.ariaSetSize) >= 5000);
    assert.ok((await page.locator('[data-id]').count()) < 60, 'only rows in sight are in the page');
    const took = await page.evaluate(async () => {
      const field = document.querySelector('input[type=search]');
      const start = performance.now();
      field.value = 'київ';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - start;
    });
    assert.ok(took < 1000, `a search took ${Math.round(took)} ms`);
    const shown = Number(await page.locator('[aria-setsize]').first().getAttribute('aria-setsize'));
    assert.ok(shown > 0 && shown < 5000);
    assert.deepEqual(faults, []);
  });

  it('is worked by keys alone', async () => {
    const { page } = await ready();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const second = await page.locator('[data-id]').nth(1).getAttribute('data-id');
    assert.equal(await page.evaluate(() => location.hash), `#${second}`);
    assert.equal(await page.evaluate(() => document.activeElement?.dataset.id), second);
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.dataset.focus === 'detail');
    await page.keyboard.press('?');
    await page.locator('dialog[open]').getByText('next, previous incident').waitFor();
    await accessible(page, 'the keys');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement?.type), 'search');
    // In a field, letters are letters.
    await page.keyboard.type('jc');
    assert.equal(await page.locator('input[type=search]').inputValue(), 'jc');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => location.hash === '');
  });

  it('never offers to warn of what must stay quiet', async () => {
    const { page } = await ready();
    await page.locator('[data-id]').filter({ hasText: 'Someone taken' }).first().click();
    await page.getByText('This kind is never made public').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Warn people' }).count(), 0);
    await page.keyboard.press('w');
    assert.equal(await page.locator('dialog').count(), 0);
  });
});
