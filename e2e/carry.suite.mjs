// Envelopes travel by hand: a phone without a network shows, prints or saves them; couriers' phones take them with a camera
// or out of a file, cannot read them, and send them; the desk counts each report once.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { accessible, handy, kept, launch, phone, start, until } from './witness-app.mjs';

const jsQR = createRequire(new URL('../web/package.json', import.meta.url))('jsqr').default;

/** Of version 8, and what is printed around it. */
const [SIDE, QUIET] = [49, 4];
/** How many codes of an envelope follow one another. */
const RUN = 24;
/** Far from one another, so that each report is an incident of its own. */
const TOWNS = ['Bakhmut', 'Kherson', 'Kharkiv', 'Sumy'];

async function shot(page, name) {
  const folder = process.env.LAPWING_SHOTS;
  if (folder) await page.screenshot({ path: `${folder}/carry-${name}.png` });
}

async function report(page, town) {
  await page.getByRole('button', { name: 'Shelling', exact: true }).click();
  await page.getByRole('searchbox').fill(town);
  await page.locator('.found li button').first().click();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.locator('.ask h1').waitFor();
}

async function carrying(page) {
  await page.getByRole('button', { name: /Мова та інше|Language and more/ }).click();
  await page.getByRole('button', { name: /Передати з рук|Carry by hand/ }).click();
  await page.getByRole('button', { name: /Сканувати|Scan/, exact: true }).waitFor();
}

/** The modules of the next `count` codes on the screen, as a camera would have to see them. */
function shown(page, count) {
  return page.evaluate(
    async ([count, side, quiet]) => {
      const seen = [];
      while (seen.length < count) {
        const canvas = document.querySelector('.show canvas');
        const scale = canvas.width / (side + 2 * quiet);
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.width);
        let modules = '';
        for (let y = 0; y < side; y++)
          for (let x = 0; x < side; x++) {
            const at = ((y + quiet) * scale + 4) * canvas.width + (x + quiet) * scale + 4;
            modules += data[4 * at] < 128 ? '1' : '0';
          }
        const which = Number(/\d+/.exec(document.querySelector('.show p').textContent));
        if (seen.at(-1)?.modules !== modules) seen.push({ modules, which });
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      return seen;
    },
    [count, SIDE, QUIET],
  );
}

/** The screen of the other phone before a camera, in a hand that is not still, as YUV4MPEG2. */
function filmed(codes) {
  const [width, height] = [640, 480];
  const frames = codes.flatMap(({ modules }, n) => {
    const angle = 0.25 * Math.sin(n);
    const [sin, cos, module] = [Math.sin(angle), Math.cos(angle), 6.2 + 0.4 * Math.cos(3 * n)];
    const grey = Buffer.alloc(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dx, dy] = [x - width / 2, y - height / 2];
        const column = Math.floor((dx * cos + dy * sin) / module + SIDE / 2);
        const row = Math.floor((dy * cos - dx * sin) / module + SIDE / 2);
        const on = (at, beyond) => at >= -beyond && at < SIDE + beyond;
        const light = !on(column, QUIET) || !on(row, QUIET) ? 70 : 200;
        const dark = on(column, 0) && on(row, 0) && modules[row * SIDE + column] === '1';
        grey[y * width + x] = (dark ? 45 : light) + ((x * 7 + y * 13 + ((x * y) % 11)) % 25);
      }
    }
    return [Buffer.from('FRAME\n'), grey, Buffer.alloc((width * height) / 2, 128)];
  });
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F4:1 Ip A1:1 C420jpeg\n`), ...frames]);
}

export const carry = () =>
  describe('couriers', { timeout: 600_000 }, () => {
    let lapwing;
    let browser;
    let folder;

    before(async () => {
      [lapwing, browser, folder] = await Promise.all([
        start(),
        launch(),
        mkdtemp(join(tmpdir(), 'lapwing-carry-')),
      ]);
    });
    after(async () => {
      await browser?.close();
      await lapwing?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const counts = async () => {
      const { incidents } = await lapwing.desk('incidents');
      return incidents.map(({ reports }) => reports);
    };

    it('deliver each report once, though two of them carry some of the same', async () => {
      const { context, open, faults } = await phone(browser);
      const page = await open(lapwing.app);
      await until('the key', () => page.evaluate(() => performance.getEntriesByName('can-seal').length > 0));
      // What is loaded when wanted is loaded now, and stays.
      await carrying(page);
      await accessible(page, 'carrying, with nothing to give');
      await handy(page, 'carrying, with nothing to give');
      await page.goBack();
      await page.goBack();
      // So are the names of places.
      await page.getByRole('button', { name: 'Shelling', exact: true }).click();
      await page.getByRole('searchbox').fill(TOWNS[0]);
      await page.locator('.found li button').first().waitFor();
      await page.goBack();
      await context.setOffline(true);
      for (const town of TOWNS) await report(page, town);
      await carrying(page);
      const waits = await until('the envelopes', async () => {
        const { ends } = await kept(page);
        return ends.length >= TOWNS.length && ends.length;
      });
      await shot(page, 'waits');
      await page.getByRole('button', { name: 'Show as code' }).click();
      await page.locator('.show canvas').waitFor();
      await shot(page, 'shown');
      await accessible(page, 'a code on the screen');
      await handy(page, 'a code on the screen');
      const codes = await shown(page, RUN * waits + 8);
      assert.equal(new Set(codes.map(({ which }) => which)).size, waits);
      await page.getByRole('button', { name: 'Enough' }).click();

      // Another reader than the app's reads what is printed, and finds no word there.
      await page.evaluate(() => (window.print = () => undefined));
      await page.getByRole('button', { name: 'Print' }).click();
      const printed = await page.evaluate(() =>
        [...document.querySelectorAll('.paper section:first-child canvas')].map((canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.width);
          let grey = '';
          for (let at = 0; at < data.length; at += 4) grey += data[at] < 128 ? '1' : '0';
          return { width: canvas.width, grey };
        }),
      );
      assert.equal(printed.length, 20);
      const pieces = printed.map(({ width, grey }) => {
        const rgba = new Uint8ClampedArray(4 * grey.length).fill(255);
        for (let at = 0; at < grey.length; at++) if (grey[at] === '1') rgba.fill(0, 4 * at, 4 * at + 3);
        return jsQR(rgba, width, width).binaryData;
      });
      assert.ok(pieces.every((piece) => piece.length === 144 && piece[0] === 0xc1));
      assert.equal(new Set(pieces.map(String)).size, 20);
      await page.emulateMedia({ media: 'print' });
      assert.match((await page.locator('body').innerText()).trim(), /^[\d/\s]+$/);
      await shot(page, 'paper');
      await page.emulateMedia({ media: 'screen' });

      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save as a file' }).click();
      const file = await download;
      assert.equal(file.suggestedFilename(), 'data.bin');
      const card = await readFile(await file.path());
      assert.equal(card.length, 8 + waits * 2056 + 32);
      assert.ok(!card.toString('latin1').toLowerCase().includes('lapwing'));

      // Two couriers, who have seen different parts of the loop.
      for (const [name, from, to] of [
        ['first', 1, waits - 1],
        ['second', 2, waits],
      ]) {
        const film = join(folder, `${name}.y4m`);
        await writeFile(film, filmed(codes.filter(({ which }) => which >= from && which <= to)));
        const watching = await launch(film);
        try {
          const courier = await phone(watching);
          const other = await courier.open(lapwing.app);
          await until('the key', () =>
            other.evaluate(() => performance.getEntriesByName('can-seal').length > 0),
          );
          await carrying(other);
          await other.getByRole('button', { name: 'Scan', exact: true }).click();
          await other.getByText(/\d+ of 16 pieces/).waitFor({ timeout: 60_000 });
          // Out there, without a network: what is taken must wait here.
          await courier.context.setOffline(true);
          await shot(other, `scanning-${name}`);
          await accessible(other, 'scanning');
          await handy(other, 'scanning');
          await other.getByText(`${waits - 1} envelopes taken.`).waitFor({ timeout: 180_000 });
          await other.getByRole('button', { name: 'Stop the camera' }).click();
          const mine = new Set((await kept(page)).ends);
          const carried = (await kept(other)).ends.filter((end) => mine.has(end));
          assert.equal(carried.length, waits - 1, 'byte for byte what the other phone has');
          await courier.context.setOffline(false);
          await until('that all have left', async () => {
            const { ends } = await kept(other);
            return !ends.some((end) => mine.has(end));
          });
          assert.deepEqual(courier.faults, []);
          await courier.context.close();
        } finally {
          await watching.close();
        }
      }
      await until('all reports', async () => (await counts()).length === TOWNS.length);

      // A third takes the card, of which one block is spoilt, and hands it on.
      card.fill(0, 9 + 2056, 9 + 2056 + 512);
      const third = await phone(browser, { locale: 'uk-UA', scheme: 'dark', width: 320 });
      const his = await third.open(lapwing.app);
      await carrying(his);
      await his
        .locator('input[type=file]')
        .setInputFiles({ name: 'x', mimeType: 'application/octet-stream', buffer: card });
      await his.getByText(/Узято\s3\sконверти/).waitFor();
      await his.getByText(/1\sпошкоджено/).waitFor();
      await shot(his, 'uk-card');
      await accessible(his, 'a damaged card');
      await handy(his, 'a damaged card');
      await his
        .locator('input[type=file]')
        .setInputFiles({ name: 'x', mimeType: '', buffer: Buffer.from('a letter from home') });
      await his.getByText('Це файл чогось іншого.').waitFor();
      await until('that the card has left', async () => {
        const mine = new Set((await kept(page)).ends);
        return !(await kept(his)).ends.some((end) => mine.has(end));
      });

      // And the phone itself comes back to a network.
      await context.setOffline(false);
      const mine = (await kept(page)).ends;
      await until(
        'that nothing waits',
        async () => !(await kept(page)).ends.some((end) => mine.includes(end)),
      );
      assert.deepEqual(
        await counts(),
        TOWNS.map(() => 1),
      );
      assert.equal((await lapwing.desk('overview')).counters.accepted, TOWNS.length);
      assert.deepEqual([...faults, ...third.faults], []);
      await third.context.close();
      await context.close();
    });

    it('are told where there is no camera', async () => {
      const { context, open } = await phone(browser);
      const page = await open(lapwing.app);
      await carrying(page);
      await page.getByRole('button', { name: 'Scan', exact: true }).click();
      await page.getByText('The camera cannot be used here. Open a file.').waitFor();
      await context.close();
    });
  });
