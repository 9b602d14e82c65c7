// A walk to look at, with real programs and a real browser: a coordinator prints an invite, a phone enrols from it, reports,
// gets an answer, and opens its decoy; then a host's page with the script for everyday pages next to one without.
//
// `node e2e/walk.mjs FOLDER` leaves a picture of each step there. Made with the Ukrainian pages, as their users see them.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { serve } from '../web/embed/host/serve.js';
import { tap, ticks } from './embed/tapped.mjs';
import { near } from './enrolling.mjs';
import { launch, phone, start, until } from './witness-app.mjs';

const [, , folder = 'docs/walk'] = process.argv;
const CELL = 'сім весняних днів';
const OWN = 'чотири слова про вишні';
const DECOY = 'зелений чайник на підвіконні';
/** A drop is a minute old at most. */
const PATIENCE = 150_000;

await mkdir(folder, { recursive: true });
let step = 0;
async function picture(page, name) {
  step += 1;
  const path = join(folder, `${String(step).padStart(2, '0')}-${name}.png`);
  await page.screenshot({ path });
  process.stdout.write(`${path}\n`);
}

const [lapwing, browser] = await Promise.all([start('--drop-period', '60'), launch()]);
try {
  await walk();
  await besideEachOther();
} finally {
  await browser.close();
  await lapwing.close();
}

async function walk() {
  const wide = await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: 'uk-UA' });
  const desk = await wide.newPage();
  await desk.goto(lapwing.deskPage);
  await desk.goto(`${new URL(lapwing.deskPage).origin}/#cells`);
  await founded(desk);
  const { words } = await invited(desk, 'Тітка', 'slip');

  const { context, open } = await phone(browser, { locale: 'uk-UA' });
  const page = await open(lapwing.app);
  await toDesk(page);
  await page.getByRole('button', { name: 'До схованки' }).click();
  await set(page, OWN);
  await page.goBack();
  await asked(page, words, 'phone-asks');
  await until('the witness', () => desk.locator('[data-member]').count());
  await again(page, OWN);
  await page.getByText('Тепер диспетчерська вас знає').waitFor({ timeout: PATIENCE });
  await picture(page, 'phone-is-known');

  await page.goBack();
  await page.goBack();
  await page.getByRole('button', { name: 'Обстріл', exact: true }).click();
  await page.getByRole('searchbox').fill('Херсон');
  await page.locator('.found li button').first().click();
  await picture(page, 'phone-reports');
  await page.getByRole('button', { name: 'Надіслати', exact: true }).click();
  await until('the incident', async () => (await lapwing.desk('incidents')).incidents.length > 0);
  await desk.goto(`${new URL(lapwing.deskPage).origin}/#`);
  await desk.waitForTimeout(1_500);
  await picture(desk, 'desk-incident');

  await desk.goto(`${new URL(lapwing.deskPage).origin}/#cells/1`);
  await unlocked(desk);
  await desk.locator('[data-member]').first().click();
  await desk.locator('textarea').last().fill('Дякуємо. Тримайтеся далі від дороги до мосту.');
  await desk.getByRole('button', { name: 'Надіслати', exact: true }).last().click();
  await desk.waitForTimeout(1_000);
  await picture(desk, 'desk-answers');

  await toDesk(page);
  await page.getByText('Тримайтеся далі від дороги').waitFor({ timeout: PATIENCE });
  await picture(page, 'phone-reads');

  const second = await invited(desk, 'Тітка, друге', 'slip-of-decoy', 'Тітка');
  await page.goBack();
  await page.getByRole('button', { name: 'Схованка' }).click();
  await set(page, DECOY);
  await again(page, DECOY);
  await asked(page, second.words, 'decoy-asks');
  await again(page, DECOY);
  await page.getByText('Тепер диспетчерська вас знає').waitFor({ timeout: PATIENCE });
  await picture(page, 'decoy-is-open');
  await context.close();
  await wide.close();
}

async function founded(desk) {
  await desk.getByRole('button', { name: 'Новий осередок' }).first().click();
  await desk.locator('form input').first().fill('Двір');
  for (const at of [0, 1]) await desk.locator('form input[type=password]').nth(at).fill(CELL);
  await desk.getByRole('button', { name: 'Створити осередок' }).click();
  await desk.getByRole('button', { name: 'Нове запрошення' }).first().waitFor();
}

/** A cell that was left is locked. */
async function unlocked(desk) {
  const passphrase = desk.locator('form input[type=password]');
  await passphrase.or(desk.locator('[data-member]')).first().waitFor();
  if ((await passphrase.count()) === 0) return;
  await passphrase.fill(CELL);
  await desk.getByRole('button', { name: 'Відкрити', exact: true }).click();
}

/** Makes an invite, prints its slip, and tells its words. */
async function invited(desk, label, name, decoyOf) {
  await desk.getByRole('button', { name: 'Нове запрошення' }).first().click();
  await desk.locator('dialog input').first().fill(label);
  if (decoyOf) await desk.locator('dialog select').first().selectOption({ index: 1 });
  await desk.getByRole('button', { name: 'Створити запрошення' }).click();
  const list = desk.locator('dialog .words li');
  await list.last().waitFor();
  await picture(desk, name);
  await desk.evaluate(() => {
    globalThis.print = () => dispatchEvent(new Event('beforeprint'));
  });
  await desk.getByRole('button', { name: 'Надрукувати папірець' }).click();
  await desk.emulateMedia({ media: 'print' });
  await picture(desk, `${name}-on-paper`);
  await desk.emulateMedia({ media: 'screen' });
  const words = (await list.allInnerTexts()).join(' ');
  await desk.getByRole('button', { name: 'Готово' }).click();
  await desk.getByRole('button', { name: 'Так, закрити' }).click();
  return { words };
}

async function toDesk(page) {
  await page.getByRole('button', { name: 'Мова та інше' }).click();
  await page.getByRole('button', { name: 'Ваша диспетчерська' }).click();
}

async function set(page, passphrase) {
  await page.getByRole('button', { name: 'Задати парольну' }).click();
  await page.getByLabel('Нова фраза').fill(passphrase);
  await page.getByLabel('Те саме').fill(passphrase);
  await page.getByRole('button', { name: 'Задати цю фразу' }).click();
  // The form closes when the slot is written.
  await page.locator('.fold[aria-expanded=false]').waitFor();
  await page.locator('.note.open').waitFor();
}

/** As after the app was closed. */
async function again(page, passphrase) {
  await page.reload();
  await toDesk(page);
  await page.getByRole('button', { name: 'До схованки' }).click();
  await page.getByLabel('Парольна фраза', { exact: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Відкрити', exact: true }).click();
  await page.locator('.note.open').waitFor();
  await page.goBack();
}

async function asked(page, words, name) {
  await near(page);
  await page.getByLabel('Ваше запрошення').fill(words);
  await page.getByRole('button', { name: 'Попросити прийняти' }).click();
  await page.getByText('Запит подано').waitFor();
  await picture(page, name);
}

/** Number and size of requests of a page with the script, of the app, and of the same page without. */
async function besideEachOther() {
  const line = await tap(lapwing.relay);
  const { root_key } = await (await fetch(`${lapwing.app}config.json`)).json();
  const hosts = await Promise.all(
    ['with', 'without'].map((name) => serve({ root_key, relays: [line.relay(name)], tick_s: 2, visit_s: 2 })),
  );
  const { context, open } = await phone(browser, { locale: 'uk-UA' });
  try {
    const page = await open(hosts[0].address);
    await open(`${hosts[1].address}plain.html`);
    await until('ten ticks', () => line.of('with').length >= 30, 120_000);
    await picture(page, 'page-with-the-script');
    const shapes = ticks(line.of('with'))
      .slice(0, 10)
      .map((tick) => tick.map(({ what, up, down }) => `${what} ${up}/${down}`).join(' · '));
    assert.equal(line.of('without').length, 0);
    process.stdout.write(
      `with the script, ten ticks: ${[...new Set(shapes)].join('; ')}\nwithout: no request\n`,
    );
  } finally {
    await context.close();
    await Promise.all(hosts.map((host) => host.close()));
    await line.close();
  }
}
