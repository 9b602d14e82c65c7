// The coordinator's page, against the made-up desk of web/desk/dev: every screen in three sizes, two languages and two
// themes; keys alone; what is printed; and that a cell is closed when it should be. At the end, on a real desk.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import {
  accessible,
  launch,
  madeUp,
  NO_PROGRAM,
  NO_WEBGL,
  open as openIn,
  PHONE,
  reachable,
  start,
  WIDE,
} from './desk-page.mjs';

const require = createRequire(new URL('../web/package.json', import.meta.url));
const jsQR = require('jsqr');
/** Opens the cells of the made-up desk. */
const PASSPHRASE = 'сім весняних днів';
const SAYS = {
  uk: {
    unlock: 'Відкрити',
    invite: 'Нове запрошення',
    make: 'Створити запрошення',
    done: 'Готово',
    no: 'Ще ні',
  },
  en: {
    unlock: 'Unlock',
    invite: 'New invite',
    make: 'Make the invite',
    done: 'Done',
    no: 'Not yet',
  },
};

describe('the coordinator’s page', { timeout: 600_000 }, () => {
  let browser;
  let server;
  let opened = [];
  let base;
  const cells = (what) => fetch(`${base}/dev/cells?do=${what}`);

  before(async () => {
    server = await madeUp();
    base = server.base;
    browser = await launch(NO_WEBGL);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    await fetch(`${base}/dev/mode?is=still`);
    await cells('reset');
  });
  afterEach(async () => {
    for (const { close } of opened) await close();
    opened = [];
  });

  async function at(hash, options) {
    const one = await openIn(browser, options);
    opened.push(one);
    await one.page.goto(`${base}/${hash}`);
    await one.page.locator('#cells [data-cell]').first().waitFor({ state: 'attached' });
    return one;
  }

  async function unlock(page, language = 'en', passphrase = PASSPHRASE) {
    await page.locator('form input[type=password]').fill(passphrase);
    await page.getByRole('button', { name: SAYS[language].unlock, exact: true }).click();
  }

  async function within(options) {
    const one = await at('#cells/1', options);
    await unlock(one.page, options?.language);
    await one.page.locator('[data-member]').first().waitFor();
    return one;
  }

  async function invite(page, language = 'en', label = 'Aunt at the station') {
    await page.getByRole('button', { name: SAYS[language].invite }).click();
    await page.locator('dialog [data-first]').fill(label);
    await page.getByRole('button', { name: SAYS[language].make }).click();
    await page.locator('dialog svg[role=img]').waitFor();
  }

  for (const [viewport, size] of [
    [WIDE, 'wide'],
    [{ width: 1280, height: 720 }, 'a laptop'],
    [PHONE, 'a phone'],
  ]) {
    for (const language of ['uk', 'en']) {
      for (const theme of ['light', 'dark']) {
        it(`is accessible on ${size}, ${language}, ${theme}`, async () => {
          const { page, faults } = await at('#cells', {
            viewport,
            language,
            theme,
          });
          const good = async (what) => {
            await accessible(page, `${what}, ${size} ${language} ${theme}`);
            await reachable(page, `${what}, ${size} ${language} ${theme}`);
          };
          await good('the cells');
          await page.locator('[data-cell="new"]').click();
          await page.locator('form button[type=submit]').click();
          await page.locator('form [role=alert]').first().waitFor();
          await good('a new cell, filled in wrongly');
          await page.evaluate(() => {
            location.hash = '#cells/1';
          });
          await unlock(page, language, 'інша парольна фраза');
          await page.locator('form [role=alert]').first().waitFor();
          await good('a wrong passphrase');
          await unlock(page, language);
          await page.locator('[data-member]').first().waitFor();
          await page.locator('details summary').click();
          await good('an open cell');
          await page.locator('[data-withdraw]').first().click();
          await good('an invite that is to be withdrawn');
          await page.locator('[data-member="2"]').click();
          await page.locator('article textarea').fill('ж'.repeat(300));
          await good('a witness who is not well');
          await page.keyboard.press('Escape');
          if (viewport === PHONE) await page.keyboard.press('Escape');
          await page.locator('[data-member="3"]').click();
          await good('a witness who is silent');
          if (viewport === PHONE) await page.keyboard.press('Escape');
          await page.getByRole('button', { name: SAYS[language].invite }).click();
          await page.getByRole('button', { name: SAYS[language].make }).click();
          await page.locator('dialog [role=alert]').waitFor();
          await good('a new invite, filled in wrongly');
          await page.locator('dialog [data-first]').fill('Тітка');
          await page.getByRole('button', { name: SAYS[language].make }).click();
          await page.locator('dialog svg[role=img]').waitFor();
          await good('an invite');
          await page.getByRole('button', { name: SAYS[language].done }).click();
          await page.getByRole('button', { name: SAYS[language].no }).waitFor();
          await good('an invite that is to be closed');
          assert.deepEqual(faults, []);
        });
      }
    }
  }

  it('keeps the place in the address, and whose messages are read out of it', async () => {
    const { page } = await at('#cells');
    await page.locator('[data-cell="2"]').click();
    await page.waitForFunction(() => location.hash === '#cells/2');
    await page.getByRole('button', { name: 'Incidents' }).click();
    await page.waitForFunction(() => location.hash === '');
    await page.getByRole('button', { name: 'Cells' }).click();
    await page.waitForFunction(() => location.hash === '#cells/2');
    await page.locator('[data-cell="1"]').click();
    await unlock(page);
    await page.locator('[data-member="2"]').click();
    assert.equal(await page.evaluate(() => location.hash), '#cells/1');
    // Not a word of what was read is left by a reload, nor is the cell open.
    await page.reload();
    await page.getByText('Cell 1 is locked').waitFor();
    assert.ok(!(await page.content()).includes('Вчитель'));
  });

  it('keeps the session in memory only, and sends it as a header', async () => {
    const one = await openIn(browser);
    opened.push(one);
    const sent = [];
    one.page.on('request', (request) => {
      const session = request.headers()['lapwing-cell'];
      if (session) sent.push([session, request.url()]);
    });
    await one.page.goto(`${base}/#cells/1`);
    await unlock(one.page);
    await one.page.locator('[data-member]').first().waitFor();
    const [[session]] = sent;
    assert.match(session, /^[0-9a-f]{64}$/);
    assert.ok(sent.every(([, url]) => !url.includes(session)));
    const stored = await one.page.evaluate(() =>
      JSON.stringify([
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
        history.state,
        location.href,
      ]),
    );
    assert.ok(!stored.includes(session) && !stored.includes('весняних'), stored);
  });

  it('says plainly that a passphrase is wrong, and keeps it to be mended', async () => {
    const { page } = await at('#cells/1');
    await unlock(page, 'en', 'сім осінніх днів');
    await page.getByText('This passphrase does not open the cell').waitFor();
    const field = page.locator('form input[type=password]');
    assert.equal(await field.inputValue(), 'сім осінніх днів');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await page.getByText('Show what I type').click();
    assert.equal(await page.locator('form input.field').getAttribute('type'), 'text');
  });

  it('makes a cell only of a passphrase that was typed twice the same', async () => {
    const { page } = await at('#cells');
    await page.locator('[data-cell="new"]').click();
    await page.getByText('Nobody can recover a forgotten passphrase').waitFor();
    const [first, second] = [0, 1].map((n) => page.locator('form input[type=password]').nth(n));
    const make = page.getByRole('button', { name: 'Make the cell' });
    await page.getByLabel('Name').fill('Back yard');
    await first.fill('short');
    await second.fill('short');
    await make.click();
    await page.getByRole('alert').getByText('At least 8 characters').waitFor();
    await first.fill('seven autumn days');
    await make.click();
    await page.getByText('The two are not the same').waitFor();
    await second.fill('seven autumn days');
    await make.click();
    await page.getByRole('heading', { name: 'Back yard' }).waitFor();
    await page.waitForFunction(() => location.hash === '#cells/3');
    await page.getByText('Nobody has joined yet').waitFor();
  });

  it('shows the silent first, in words, after the time that was chosen', async () => {
    const { page } = await within();
    const labels = () => page.locator('[data-member] strong').allTextContents();
    assert.deepEqual((await labels()).slice(0, 2), ['Той, хто ходить до млина', 'Вчитель']);
    await page.locator('[data-member="3"]').getByText('Silent for 4 d').waitFor();
    await page.locator('[data-member="2"]').getByText('Not well').waitFor();
    await page.getByLabel('Silent if nothing has come for').selectOption({ label: '7 days' });
    assert.equal((await labels())[0], 'Вчитель');
    assert.equal(await page.getByText('Silent for').count(), 0);
  });

  it('tells what waits from what has come, and that answers take hours', async () => {
    const { page } = await within();
    await page.locator('[data-member="1"]').click();
    const last = page.locator('article ol li').last();
    await last.getByText('waits: not on the phone yet').waitFor();
    await page.getByText('that may take hours').waitFor();
    const left = page.locator('article .left');
    assert.match(await left.textContent(), /room for 560\sletters|room for 560\smore letters/);
    const field = page.locator('article textarea');
    await field.fill('ж'.repeat(280));
    assert.match(await left.textContent(), /room for 0\smore letters/);
    await field.fill('ж'.repeat(283));
    assert.match(await left.textContent(), /3\sletters too many/);
    await page.getByRole('button', { name: 'Send' }).click();
    assert.equal(await page.locator('article ol li').count(), 4);
    await field.fill('Не виходьте сьогодні.');
    await page.keyboard.press('Control+Enter');
    await page.locator('article ol li').nth(4).getByText('Не виходьте сьогодні.').waitFor();
    assert.equal(await field.inputValue(), '');
    await cells('come');
    await page.locator('article ol li').nth(4).getByText('came to the phone').waitFor();
  });

  it('announces what comes, politely, and counts it until it is read', async () => {
    const { page } = await within();
    await page.getByRole('button', { name: 'Incidents' }).click();
    await page.locator('[data-id]').first().waitFor();
    await cells('say');
    await page
      .locator('[aria-live=polite]', {
        hasText: 'New message from Сусідка з п’ятого',
      })
      .waitFor({ state: 'attached' });
    await page.getByRole('button', { name: /^Cells 1.new$/ }).click();
    const row = page.locator('[data-member="1"]');
    await row.getByText('1 new').waitFor();
    await row.click();
    await row.getByText('1 new').waitFor({ state: 'detached' });
    await page.getByText('Щойно гупнуло за річкою').waitFor();
  });

  it('asks for the passphrase when the session has ended, and loses nothing that was typed', async () => {
    const { page, faults } = await within();
    await page.locator('[data-member="1"]').click();
    await page.locator('article textarea').fill('Не виходьте.');
    await cells('lock');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('The cell has locked itself').waitFor();
    assert.ok(!(await page.content()).includes('вантажівки'), 'what was read is gone from the page');
    await unlock(page);
    assert.equal(await page.locator('article textarea').inputValue(), 'Не виходьте.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('article ol li').last().getByText('Не виходьте.').waitFor();
    assert.deepEqual(faults, []);
  });

  it('locks at once, but not over something unsent without asking', async () => {
    const { page } = await within();
    await page.locator('[data-member="1"]').click();
    await page.locator('article textarea').fill('Не виходьте.');
    await page.getByRole('button', { name: 'Lock' }).click();
    await page.getByText('It is lost when you lock').waitFor();
    await page.getByRole('button', { name: 'Lock all the same' }).click();
    await page.getByText('Cell 1 is locked').waitFor();
    assert.ok(!(await page.content()).includes('вантажівки'));
    await unlock(page);
    await page.locator('[data-member="1"]').click();
    assert.equal(await page.locator('article textarea').inputValue(), '');
    await page.getByRole('button', { name: 'Lock' }).click();
    await page.getByText('Cell 1 is locked').waitFor();
  });

  it('withdraws an invite after asking', async () => {
    const { page } = await within();
    await page.getByRole('button', { name: 'Withdraw: Пекарка' }).click();
    await page.getByRole('button', { name: 'No, keep it' }).click();
    await page.getByRole('button', { name: 'Withdraw: Пекарка' }).click();
    await page.getByRole('button', { name: 'Yes, withdraw' }).click();
    await page.getByText('The invite is withdrawn').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Withdraw: Пекарка' }).count(), 0);
    await page.getByText('Used and ended: 4').click();
    const gone = page.locator('details li').filter({ hasText: 'Пекарка' });
    await gone.getByText('Withdrawn').waitFor();
  });

  it('shows an invite once, and asks before it is closed', async () => {
    const { page } = await within();
    await invite(page);
    await page.getByText('birch').first().waitFor();
    // Neither Escape, pressed twice, nor a press beside it closes it unasked.
    await page.keyboard.press('Escape');
    await page.getByText('It cannot be shown again').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('It cannot be shown again').waitFor({ state: 'detached' });
    await page.mouse.click(5, 5);
    assert.ok(await page.locator('dialog[open]').getByText('birch').isVisible());
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Yes, close it' }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    assert.ok(!(await page.content()).includes('birch'), 'and then it is gone');
    await page.getByRole('button', { name: 'Withdraw: Aunt at the station' }).waitFor();
  });

  it('prints the slip alone, in the chosen language, and nothing that says what it is for', async () => {
    const { page, faults } = await within();
    await invite(page);
    await page.getByLabel('Language of the slip').selectOption({ label: 'Українська' });
    const title = await page.title();
    await page.evaluate(() => {
      globalThis.print = () => {
        dispatchEvent(new Event('beforeprint'));
        globalThis.titleInPrint = document.title;
        dispatchEvent(new Event('afterprint'));
      };
    });
    await page.getByRole('button', { name: 'Print the slip' }).click();
    assert.equal(await page.evaluate(() => globalThis.titleInPrint), '·');
    assert.equal(await page.title(), title);

    await page.emulateMedia({ media: 'print' });
    const visible = () => page.evaluate(() => document.body.innerText);
    const text = await visible();
    for (const word of 'береза міст кава літо папір сорока дощ човен'.split(' '))
      assert.ok(text.includes(word), word);
    assert.match(text, /До \d/);
    assert.match(text, /Спрацює один раз/);
    for (const telling of ['Lapwing', 'Aunt', 'Східний', 'осеред', 'cell', 'свід', 'запрош', 'birch'])
      assert.ok(!text.toLowerCase().includes(telling.toLowerCase()), telling);
    assert.equal(await page.locator('.slip svg').count(), 0, 'no QR code unless it was asked for');
    assert.equal(await scan(page, await page.screenshot()), undefined);

    await page.emulateMedia({ media: 'screen' });
    await page.getByText('With the QR code').click();
    await page.emulateMedia({ media: 'print' });
    assert.equal(await scan(page, await page.screenshot()), 'LAPWING:5F2C9A41D07BE83366109E');
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    assert.equal(pdf.match(/\/Type\s*\/Page\b/g).length, 1, 'one sheet');
    assert.deepEqual(faults, []);
  });

  it('says above all else that somebody speaks as a decoy', async () => {
    for (const viewport of [WIDE, PHONE]) {
      await cells('reset');
      const { page, faults } = await within({ viewport });
      const decoy = page.locator('[data-member="6"]');
      assert.equal(await page.locator('.duress').count(), 0);
      await decoy.click();
      await page.getByText('This is a decoy').waitFor();
      await page.getByText('write nothing true that could harm anybody').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Cut off this phone' }).count(), 0);
      if (viewport === PHONE) await page.keyboard.press('Escape');
      await cells('force');
      const alarm = page.locator('#cells [role=alert]');
      await alarm.getByText('Сусідка з п’ятого is speaking under duress since').waitFor();
      const above = await page.evaluate(() => {
        const [alarm, title] = ['.duress', '[data-focus="cell"]'].map((one) => document.querySelector(one));
        return alarm.getBoundingClientRect().bottom <= title.getBoundingClientRect().top;
      });
      assert.ok(above);
      await accessible(page, 'an alarm');
      await reachable(page, 'an alarm');
      await page.getByRole('button', { name: 'Read what was said' }).click();
      await page.locator('article').getByText('Report, set aside: ').waitFor();
      await accessible(page, 'what was said as a decoy');
      assert.deepEqual(faults, []);
    }
  });

  it('makes a second slip, which says nothing of what it is for', async () => {
    const { page, faults } = await within();
    await page.getByRole('button', { name: 'New invite' }).click();
    await page.getByLabel('For', { exact: true }).selectOption({ label: 'the decoy of Вчитель' });
    await page.getByText('A second slip for the same person').waitFor();
    await accessible(page, 'an invite for a decoy');
    await page.getByRole('button', { name: 'Make the invite' }).click();
    await page.getByRole('heading', { name: 'Invite for Вчитель' }).waitFor();
    await page.getByText('Nothing on it says so').waitFor();
    await page.emulateMedia({ media: 'print' });
    const text = (await page.evaluate(() => document.body.innerText)).toLowerCase();
    for (const telling of ['decoy', 'duress', 'second', 'вчитель'])
      assert.ok(!text.includes(telling), telling);
    await page.emulateMedia({ media: 'screen' });
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Yes, close it' }).click();
    await page.locator('li', { hasText: 'for a decoy' }).waitFor();
    assert.deepEqual(faults, []);
  });

  it('cuts a phone off after asking, and keeps what was written', async () => {
    const { page, faults } = await within();
    await page.locator('[data-member="1"]').click();
    await page.getByRole('button', { name: 'Cut off this phone' }).click();
    await page.getByText('It cannot be undone').waitFor();
    await accessible(page, 'a phone that is to be cut off');
    await page.getByRole('button', { name: 'No, keep it' }).click();
    await page.getByRole('button', { name: 'Cut off this phone' }).click();
    await page.getByRole('button', { name: 'Yes, cut it off' }).click();
    await page.locator('article').getByText('Nothing that this phone sends comes here').waitFor();
    assert.equal(await page.locator('article textarea').count(), 0);
    assert.equal(await page.locator('article ol li').count(), 4);
    await accessible(page, 'a phone that was cut off');
    assert.deepEqual(faults, []);
  });

  it('is scanned from the screen in the dark', async () => {
    const { page } = await within({ theme: 'dark', viewport: PHONE });
    await invite(page);
    await page.locator('dialog svg[role=img]').scrollIntoViewIfNeeded();
    assert.equal(await scan(page, await page.screenshot()), 'LAPWING:5F2C9A41D07BE83366109E');
  });

  it('is worked by keys alone', async () => {
    const { page, faults } = await at('#cells');
    const press = (...keys) =>
      keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
    const focused = (selector) =>
      page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);
    await page.locator('[data-cell="new"]').focus();
    await press('Tab', 'Enter');
    await focused('input[type=password]');
    await page.keyboard.type(PASSPHRASE);
    await press('Enter');
    await focused('[data-focus="cell"]');
    await press('Tab', 'Tab', 'Tab');
    await focused('[data-member="3"]');
    await press('Enter');
    await focused('[data-focus="panel"]');
    await press('Tab');
    await focused('.cut');
    await press('Tab');
    await focused('.lines');
    await press('Tab');
    await focused('textarea');
    await page.keyboard.type('Відгукніться.');
    await press('Control+Enter');
    await page.locator('article ol li').last().getByText('Відгукніться.').waitFor();
    await focused('textarea');
    await press('Escape', 'Escape');
    await focused('[data-member="3"]');
    await page.getByRole('button', { name: 'New invite' }).focus();
    await press('Enter');
    await focused('dialog [data-first]');
    await page.keyboard.type('Aunt');
    await press('Enter');
    await focused('dialog h2');
    await press('Escape');
    await focused('[data-no]');
    await press('Tab', 'Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(faults, []);
  });
});

describe('a coordinator at a real desk', { timeout: 120_000, skip: NO_PROGRAM }, () => {
  let lapwing;
  let browser;

  before(async () => {
    [lapwing, browser] = await Promise.all([start(), launch(NO_WEBGL)]);
  });
  after(async () => {
    await browser?.close();
    await lapwing?.close();
  });

  it('makes a cell, invites, withdraws, locks and unlocks', async () => {
    const { page, faults, close } = await openIn(browser);
    await page.goto(lapwing.address);
    await page.getByRole('button', { name: 'Cells' }).click();
    await page.getByText('No cells yet').waitFor();
    await page.getByRole('button', { name: 'New cell' }).click();
    await page.getByLabel('Name').fill('Back yard');
    for (const n of [0, 1]) await page.locator('form input[type=password]').nth(n).fill('seven autumn days');
    await page.getByRole('button', { name: 'Make the cell' }).click();
    await page.getByRole('heading', { name: 'Back yard' }).waitFor();
    await page.waitForFunction(() => location.hash === '#cells/1');

    const codes = new Set();
    for (const label of ['Aunt', 'Baker']) {
      await page.getByRole('button', { name: 'New invite' }).click();
      await page.locator('dialog [data-first]').fill(label);
      await page.getByLabel('7 days').check();
      await page.getByRole('button', { name: 'Make the invite' }).click();
      await page.locator('dialog svg[role=img]').waitFor();
      assert.equal(await page.locator('dialog .words li').count(), 8);
      const scanned = await scan(page, await page.screenshot());
      assert.match(scanned, /^LAPWING:[0-9A-F]{22}$/);
      codes.add(scanned);
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Yes, close it' }).click();
    }
    assert.equal(codes.size, 2);
    await page.getByRole('button', { name: 'Withdraw: Aunt' }).click();
    await page.getByRole('button', { name: 'Yes, withdraw' }).click();
    await page.getByText('Used and ended: 1').waitFor();

    await page.getByRole('button', { name: 'Lock', exact: true }).click();
    await page.getByText('Cell 1 is locked').waitFor();
    await page.locator('form input[type=password]').fill('seven summer days');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('This passphrase does not open the cell').waitFor();
    // Somebody else at the desk sees its number, and nothing more.
    const other = await openIn(browser);
    await other.page.goto(lapwing.address);
    await other.page.getByRole('button', { name: 'Cells' }).click();
    await other.page.getByText('Cell 1').waitFor();
    assert.ok(!(await other.page.content()).includes('Back yard'));
    await other.close();
    await page.locator('form input[type=password]').fill('seven autumn days');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByRole('heading', { name: 'Back yard' }).waitFor();
    await page.getByRole('button', { name: 'Withdraw: Baker' }).waitFor();
    await page.getByText('Nobody has joined yet').waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  it('makes a codebook sheet of one page, prints it once, hears by it, and cancels it', async () => {
    const { page, faults, close } = await openIn(browser);
    await page.goto(lapwing.address);
    await page.goto(new URL('#cells/1', lapwing.address).href);
    await page.locator('form input[type=password]').fill('seven autumn days');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByRole('button', { name: 'New sheet' }).click();
    await page.getByLabel('Whom is it for?').fill('Grandfather');
    await page.getByLabel('Town or village').fill('Atlantis');
    await page.getByLabel('Language of the sheet').selectOption('uk');
    await page.getByRole('button', { name: 'Make the sheet' }).click();
    await page.getByText('The desk knows no settlement of this name').waitFor();
    await page.getByLabel('Town or village').fill('Костянтинівка');
    await page.getByRole('button', { name: 'Make the sheet' }).click();
    await page.frameLocator('iframe').getByText('Візьміть наступний рядок').waitFor();
    await page.evaluate(() => {
      document.querySelector('iframe').contentWindow.print = () => (globalThis.printed = true);
    });
    await page.getByRole('button', { name: 'Print', exact: true }).click();
    assert.equal(await page.evaluate(() => globalThis.printed), true);

    // On paper: one page of A4, every word in sight, nothing smaller than five points.
    const paper = await page.context().newPage();
    await paper.setContent(await page.locator('iframe').getAttribute('srcdoc'));
    const pdf = (await paper.pdf({ preferCSSPageSize: true })).toString('latin1');
    assert.equal(pdf.match(/\/Type\s*\/Page\b/g).length, 1, 'one page');
    const printed = await paper.evaluate(() => {
      const cells = [...document.querySelectorAll('.list td')].filter((cell) => cell.textContent);
      const every = [...document.querySelectorAll('main, main *')];
      const text = (at) => document.querySelector('.pad').rows[2].cells[at].textContent;
      const code = (label) => {
        const line = [...document.querySelectorAll('.codes li')].find(
          (one) => one.querySelector('span').textContent === label,
        );
        return [line.querySelector('b'), line.querySelector('i')].map((one) =>
          Number(one.textContent.replace(/[()]/g, '')),
        );
      };
      const [kind, many, place, hour, way] = ['Обстріл', 'не кажу', 'Костянтинівка', '0', 'чули вчора'].map(
        code,
      );
      const share = [kind, many, place, hour, way].reduce((sum, [, own]) => sum + own, 0);
      const sums = [
        kind[0] + many[0] + Number(text(2)),
        place[0] + Number(text(3)),
        hour[0] + way[0] + Number(text(4)),
        share + Number(text(5)),
      ].map((sum) => sum % 2_048);
      // Behind the line's number, and behind the one in the middle of it.
      const lines = document.querySelector('.list').rows;
      const word = (sum) => {
        const cells = lines[1 + (sum % 100)].querySelectorAll('td');
        return cells[Math.floor(sum / 100)].textContent;
      };
      return {
        words: cells.length,
        cut: cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
        smallest: Math.min(...every.map((one) => parseFloat(getComputedStyle(one).fontSize))) * 0.75,
        said: [text(1).split(' ')[1], ...sums.map(word)],
        answer: text(6),
      };
    });
    assert.equal(printed.words, 2_048);
    assert.deepEqual(printed.cut, []);
    assert.ok(printed.smallest >= 5, `${printed.smallest} points`);
    await paper.close();
    await page.getByRole('button', { name: 'It is printed' }).click();
    assert.equal(await page.locator('iframe').count(), 0, 'and then it is gone');
    await page.getByText('rows left: 10').waitFor();

    const report = await page.evaluate(async (words) => {
      const ask = async (method, path, body) => {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
        return answer.json();
      };
      const { call } = await ask('POST', '/api/calls');
      return (await ask('PUT', `/api/calls/${call}`, { language: 'uk', words })).report;
    }, printed.said);
    assert.deepEqual(report.answer, [printed.answer]);
    assert.equal(report.kind, 2);
    await page.getByText('rows left: 9').waitFor();
    await page.getByRole('button', { name: 'Cancel: Grandfather' }).click();
    await page.getByRole('button', { name: 'Yes, cancel' }).click();
    await page.getByText('The sheet is cancelled').waitFor();
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('400')),
      [],
    );
    await close();
  });
});

// What a phone's camera reads off a picture.
async function scan(page, png) {
  const { pixels, width, height } = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let text = '';
    for (let at = 0; at < data.length; at += 4) text += data[at] > 127 ? '1' : '0';
    return { pixels: text, width: image.width, height: image.height };
  }, png.toString('base64'));
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let at = 0; at < pixels.length; at++) if (pixels[at] === '0') rgba.fill(0, at * 4, at * 4 + 3);
  return jsQR(rgba, width, height)?.data;
}
