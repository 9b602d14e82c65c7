// A phone enrols by an invite, is welcomed, reports, writes to its coordinator and reads the answer; on a real relay and
// desk that makes drops every minute.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { filmed, founded, hide, near, PASSPHRASE, shot } from './enrolling.mjs';
import { accessible, handy, kept, launch, phone, start, until } from './witness-app.mjs';

const DECOY = 'another four words of jam';
/** Its code in the form. */
const EXPLOSION = 1;
/** A drop is a minute old at most. */
const PATIENCE = 140_000;

// Side by side: most of the time is waiting for drops.
export const enrol = () =>
  describe('a phone and its coordinator', { timeout: 600_000, concurrency: true }, () => {
    let lapwing;
    let browser;

    before(async () => {
      [lapwing, browser] = await Promise.all([start('--drop-period', '60'), launch()]);
    });
    after(async () => {
      await browser?.close();
      await lapwing?.close();
    });

    async function ask(page, typed) {
      const field = page.getByLabel(/Ваше запрошення|Your invite/);
      await field.waitFor().catch(async () => {
        assert.fail(`there is no place for an invite on: ${await page.locator('body').innerText()}`);
      });
      await near(page);
      await field.fill(typed);
      await page.getByRole('button', { name: /Попросити прийняти|Ask to join/ }).click();
    }

    /** Opens what the passphrase opens, and goes to the desk. */
    async function again(page, passphrase = PASSPHRASE) {
      await page.reload();
      await page.getByRole('button', { name: 'Language and more' }).click();
      await page.getByRole('button', { name: 'Your desk' }).click();
      await page.getByRole('button', { name: 'To the hiding place' }).click();
      await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      await page.locator('.note.open').waitFor();
      await page.goBack();
    }

    it('enrols, reports, writes, and reads the answer', async () => {
      const cell = await founded(lapwing, 'Back yard');
      const { words, code } = await cell.invite('Aunt');
      const { context, open, faults } = await phone(browser);
      const page = await open(lapwing.app);
      const drops = [];
      page.on('response', (response) => {
        if (response.url().includes('/v1/drops/')) drops.push(response.status());
      });
      await hide(page, 'en');
      assert.ok(drops.length > 0, 'an app that is not enrolled fetches its drop');
      await shot(page, 'en-none');
      await accessible(page, 'the desk, not enrolled');
      await handy(page, 'the desk, not enrolled');

      const spoken = words.en.split(' ');
      await ask(page, spoken.with(4, 'qqqq').join(' '));
      await page.getByRole('alert').filter({ hasText: 'Word 5 is not a word of an invite' }).waitFor();
      await shot(page, 'en-wrong');
      await accessible(page, 'a word that is none');
      // The last two digits are the check.
      await ask(page, code.slice(0, -1) + (code.endsWith('0') ? '1' : '0'));
      await page.getByRole('alert').filter({ hasText: 'Something is wrong' }).waitFor();
      await ask(page, ` ${words.en.toUpperCase().replaceAll(' ', '\n')} `);
      await page.getByText('Asked. The answer may take').waitFor();
      await shot(page, 'en-asked');
      await accessible(page, 'the desk, asked');
      const member = await until('the member', async () => (await cell.view()).members[0]);

      // The app may be closed meanwhile.
      await again(page);
      await page.getByText('The desk knows you now.').waitFor({ timeout: PATIENCE });
      await shot(page, 'en-known');
      await accessible(page, 'the desk, known');
      await handy(page, 'the desk, known');

      await page.goBack();
      await page.goBack();
      await page.getByRole('button', { name: 'Shelling', exact: true }).click();
      await page.getByRole('searchbox').fill('Bakhmut');
      await page.locator('.found li button').first().click();
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await until('the report', async () => {
        const { incidents } = await lapwing.desk('incidents');
        return incidents.some(({ kind, sources }) => kind === 2 && sources === 1);
      });

      await page.getByRole('button', { name: 'Language and more' }).click();
      await page.getByRole('button', { name: 'Your desk' }).click();
      const text = page.getByLabel('Write to your coordinator');
      await text.fill('ж'.repeat(281));
      assert.ok(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled());
      await page.getByText('1 letter too many').waitFor();
      await context.setOffline(true);
      await text.fill('Потрібна вода');
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await page.locator('li.me').filter({ hasText: /waits/ }).waitFor();
      await shot(page, 'en-waits');
      await context.setOffline(false);
      await page.locator('li.me').filter({ hasText: /sent/ }).waitFor();
      const heard = await until('the message', async () => (await cell.view()).members[0].talk[0]);
      assert.equal(heard.text, 'Потрібна вода');
      assert.equal(heard.by, 'witness');

      await cell.write(member.id, 'Будемо о шостій');
      await page.goBack();
      await page.goBack();
      await page.getByRole('button', { name: 'There is something new' }).waitFor({ timeout: PATIENCE });
      await shot(page, 'en-home');
      await accessible(page, 'the first screen, with something new');
      await page.getByRole('button', { name: 'There is something new' }).click();
      await page.locator('li.desk').filter({ hasText: 'Будемо о шостій' }).waitFor();
      await shot(page, 'en-talk');
      await accessible(page, 'a conversation');
      await handy(page, 'a conversation');
      await until('that it came', async () => (await cell.view()).members[0].talk[1].came !== null);

      // All of it is in the vault, and nowhere open.
      const { text: shown } = await kept(page);
      for (const secret of ['вода', 'шостій', spoken[0]]) assert.ok(!shown.includes(secret));
      await again(page);
      await page.locator('li.desk').filter({ hasText: 'Будемо о шостій' }).waitFor();
      await page
        .locator('li.me')
        .filter({ hasText: /Потрібна вода/ })
        .waitFor();
      await page.goBack();
      await page.goBack();
      assert.equal(await page.getByRole('button', { name: 'There is something new' }).count(), 0);
      assert.ok(
        drops.every((status) => status === 200 || status === 304),
        String(drops),
      );
      assert.deepEqual(faults, []);
      await context.close();
    });

    it('raises an alarm at the desk when somebody speaks from a decoy, and makes no incident of it', async () => {
      const cell = await founded(lapwing, 'Mill');
      const { code } = await cell.invite('Miller');
      const { context, open, faults } = await phone(browser);
      const page = await open(lapwing.app);
      await hide(page, 'duress');
      await ask(page, code);
      const witness = await until('the member', async () => (await cell.view()).members[0]);
      await again(page);
      await page.getByText('The desk knows you now.').waitFor({ timeout: PATIENCE });

      // The second slip goes into the decoy.
      const { code: second } = await cell.invite('Miller', witness.id);
      await page.goBack();
      await page.getByRole('button', { name: 'Hiding place' }).click();
      await page.getByRole('button', { name: 'Set a passphrase' }).click();
      await page.getByText('enter it in the decoy').waitFor();
      await page.getByLabel('New passphrase').fill(DECOY);
      await page.getByLabel('The same once').fill(DECOY);
      await page.getByRole('button', { name: 'Set this passphrase' }).click();
      await page.locator('.fold[aria-expanded=false]').waitFor();
      await again(page, DECOY);
      await ask(page, second);
      const decoy = await until('the decoy', async () => (await cell.view()).members[1]);
      assert.equal(decoy.duress_of, witness.id);
      await again(page, DECOY);
      await page.getByText('The desk knows you now.').waitFor({ timeout: PATIENCE });
      await until('that it is there', async () => (await cell.view()).members[1].check_in !== null);
      assert.equal((await cell.view()).members[1].duress_since, null, 'that it was opened is no alarm');

      await page.goBack();
      await page.goBack();
      await page.getByRole('button', { name: 'Explosion', exact: true }).click();
      await page.getByRole('searchbox').fill('Bakhmut');
      await page.locator('.found li button').first().click();
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await until('the alarm', async () => (await cell.view()).members[1].duress_since !== null);
      const view = await cell.view();
      assert.equal(view.members[1].talk[0].report.kind, EXPLOSION);
      assert.equal(view.members[0].duress_since, null);
      const { incidents } = await lapwing.desk('incidents');
      assert.ok(incidents.every(({ kind }) => kind !== EXPLOSION));

      // Nobody but they say how they are.
      await page.getByRole('button', { name: 'Language and more' }).click();
      await page.getByRole('button', { name: 'Your desk' }).click();
      await page.getByRole('button', { name: 'I am well' }).click();
      await page.locator('li.me').filter({ hasText: 'I am well' }).waitFor();
      await until('that they are well', async () => (await cell.view()).members[1].well === true);
      assert.equal((await cell.view()).members[0].well, null);
      await cell.cutOff(witness.id);
      assert.notEqual((await cell.view()).members[0].cut_off, null);
      assert.deepEqual(faults, []);
      await context.close();
    });

    it('says why an invite is not taken, in Ukrainian and in the dark', async () => {
      const cell = await founded(lapwing, 'Street');
      const { id, words } = await cell.invite('Baker');
      await cell.withdraw(id);
      const { context, open, faults } = await phone(browser, { locale: 'uk-UA', scheme: 'dark' });
      const page = await open(lapwing.app);
      await hide(page, 'uk');
      await shot(page, 'uk-none');
      await ask(page, words.uk);
      await page.getByText('Запит подано').waitFor();
      await shot(page, 'uk-asked');
      await page.getByText('Це запрошення відкликано').waitFor({ timeout: PATIENCE });
      await shot(page, 'uk-refused');
      await accessible(page, 'an invite that was withdrawn');
      await handy(page, 'an invite that was withdrawn');
      const { code } = await cell.invite('Baker once more');
      await ask(page, code.match(/.{1,4}/g).join(' '));
      await page.getByText('Запит подано').waitFor();
      assert.equal(await page.getByText('Це запрошення відкликано').count(), 0);
      await until('the member', async () => (await cell.view()).members.length === 1);
      assert.deepEqual(faults, []);
      await context.close();
    });

    it('enrols by the square on a slip, held crooked before the camera', async () => {
      const cell = await founded(lapwing, 'Bridge');
      const { code } = await cell.invite('Driver');
      const folder = await mkdtemp(join(tmpdir(), 'lapwing-film-'));
      const film = join(folder, 'slip.y4m');
      await writeFile(film, filmed(`LAPWING:${code.toUpperCase()}`));
      const watching = await launch(film);
      try {
        const { context, open, faults } = await phone(watching);
        const page = await open(lapwing.app);
        await hide(page, 'scan');
        await near(page);
        await page.evaluate(() => {
          const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          globalThis.streams = [];
          navigator.mediaDevices.getUserMedia = async (wanted) => {
            const stream = await real(wanted);
            globalThis.streams.push(stream);
            return stream;
          };
        });
        assert.equal(await page.evaluate(() => globalThis.streams.length), 0);
        await page.getByRole('button', { name: 'Scan the square' }).click();
        await page.getByText('Asked. The answer may take').waitFor();
        const live = () =>
          page.evaluate(() => globalThis.streams[0].getTracks().map(({ readyState }) => readyState));
        assert.deepEqual(await live(), ['ended'], 'the camera is off again');
        await until('the member', async () => (await cell.view()).members[0]);
        assert.deepEqual(faults, []);
        await context.close();
      } finally {
        await watching.close();
        await rm(folder, { recursive: true, force: true });
      }
    });

    it('says so where there is no camera', async () => {
      const { context, open } = await phone(browser);
      const page = await open(lapwing.app);
      await hide(page, 'no-camera');
      await page.getByRole('button', { name: 'Scan the square' }).click();
      await page.getByText('The camera cannot be used here. Type the eight words.').waitFor();
      await accessible(page, 'no camera');
      await handy(page, 'no camera');
      await context.close();
    });
  });
