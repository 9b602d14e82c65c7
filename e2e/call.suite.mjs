// A report in fourteen words, from a phone's screen to the page on which a call is taken, and the two words back: real
// programs, two languages, both themes, three sizes.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  accessible as sound,
  launch as launchDesk,
  NO_WEBGL,
  open as openDesk,
  PHONE,
  reachable,
  WIDE,
} from './desk-page.mjs';
import { founded, hide, near, PASSPHRASE } from './enrolling.mjs';
import { accessible, handy, kept, launch, phone, start, until } from './witness-app.mjs';

const PATIENCE = 200_000;

async function shot(page, name) {
  const folder = process.env.LAPWING_SHOTS;
  if (folder) await page.screenshot({ path: `${folder}/call-${name}.png` });
}

const SAYS = {
  en: {
    menu: 'Language and more',
    desk: 'Your desk',
    vault: 'To the hiding place',
    passphrase: 'Passphrase',
    open: 'Open',
    known: 'The desk knows you now.',
    kind: 'Drone',
    send: 'Send',
    say: 'Say it over a call',
    words: 'Show the words',
    text: 'As a text message',
    next: 'Next line',
    said: 'I have said them all',
    heard: 'I heard these words',
    came: 'The desk has your report.',
    done: 'Done',
    practise: 'Practise',
    begin: 'Begin',
    call: 'Take a call',
    listed: 'The report is written down.',
  },
  uk: {
    menu: 'Мова та інше',
    desk: 'Ваша диспетчерська',
    vault: 'До схованки',
    passphrase: 'Парольна фраза',
    open: 'Відкрити',
    known: 'Тепер диспетчерська вас знає.',
    kind: 'Дрон',
    send: 'Надіслати',
    say: 'Сказати телефоном',
    words: 'Показати слова',
    text: 'Текстовим повідомленням',
    next: 'Наступний рядок',
    said: 'Усе сказано',
    heard: 'Ці слова я чую',
    came: 'Диспетчерська має ваше повідомлення.',
    done: 'Готово',
    practise: 'Потренуватися',
    begin: 'Почати',
    call: 'Прийняти дзвінок',
    listed: 'Повідомлення записано.',
  },
};

// Side by side: most of the time is waiting for drops.
export const call = () =>
  describe('fourteen words', { timeout: 900_000, concurrency: true }, () => {
    let lapwing;
    let browser;
    let office;

    before(async () => {
      [lapwing, browser, office] = await Promise.all([
        start('--drop-period', '60'),
        launch(),
        launchDesk(NO_WEBGL),
      ]);
    });
    after(async () => {
      await browser?.close();
      await office?.close();
      await lapwing?.close();
    });

    /** A phone that the desk knows, with its first screen in sight. */
    async function known(language, scheme) {
      const says = SAYS[language];
      const cell = await founded(lapwing, 'Back yard');
      const { words } = await cell.invite('Aunt');
      const { context, open, faults } = await phone(browser, {
        locale: language === 'uk' ? 'uk-UA' : 'en-GB',
        scheme,
      });
      const page = await open(lapwing.app);
      await hide(page, `call-${language}`);
      await near(page);
      await page.getByLabel(/Ваше запрошення|Your invite/).fill(words[language]);
      await page.getByRole('button', { name: /Попросити прийняти|Ask to join/ }).click();
      await page.getByText(/Запит подано|Asked\. The answer/).waitFor();
      await page.reload();
      await page.getByRole('button', { name: says.menu }).click();
      await page.getByRole('button', { name: says.desk }).click();
      await page.getByRole('button', { name: says.vault }).click();
      await page.getByLabel(says.passphrase, { exact: true }).fill(PASSPHRASE);
      await page.getByRole('button', { name: says.open, exact: true }).click();
      await page.locator('.note.open').waitFor();
      await page.goBack();
      await page.getByText(says.known).waitFor({ timeout: PATIENCE });
      await page.goBack();
      await page.goBack();
      return { cell, context, page, faults };
    }

    /** To the last screen of a report near the town. */
    async function put(page, says, place = 'Запоріжжя') {
      await page.getByRole('button', { name: says.kind, exact: true }).click();
      await page.getByRole('searchbox').fill(place);
      await page.locator('.found li button').first().click();
      await page.getByRole('button', { name: says.say }).waitFor();
    }

    /** What the screen shows, line by line. */
    async function read(page, says, name) {
      const words = [];
      await page.locator('ol.words li').first().waitFor();
      for (;;) {
        const line = await page.locator('ol.words li').allTextContents();
        assert.ok(line.length === 4 || line.length === 5, `${line.length} words a line`);
        words.push(...line);
        await shot(page, `${name}-words-${words.length}`);
        await accessible(page, 'a line of words');
        await handy(page, 'a line of words');
        const next = page.getByRole('button', { name: says.next });
        if (!(await next.isVisible())) break;
        await next.click();
      }
      return words;
    }

    it('carries a report over a call, mends what was misheard, and answers', async () => {
      const says = SAYS.en;
      const { context, page, faults } = await known('en', 'light');
      // From here on there is no network.
      await context.setOffline(true);
      await put(page, says);
      // What has no room is said before any word is shown.
      await page.getByRole('button', { name: /Add what you know/ }).click();
      await page.getByLabel('In your own words').fill('behind the school');
      await page.getByRole('radio', { name: 'some', exact: true }).check({ force: true });
      await page.getByRole('button', { name: says.say }).click();
      await page.getByText('Your own words do not fit').waitFor();
      await shot(page, 'en-misfits');
      await accessible(page, 'what does not fit');
      await handy(page, 'what does not fit');
      assert.ok(await page.getByRole('button', { name: says.words }).isDisabled());
      await page.getByRole('button', { name: 'Leave my words out' }).click();
      await page.getByRole('button', { name: 'Leave the danger out' }).click();
      await page.getByText('Not all of it fits').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Choose a sentence' }).click();
      const phrase = page.locator('.phrases button').nth(2);
      const sentence = await phrase.textContent();
      await phrase.click();
      await page.getByRole('button', { name: says.words }).click();
      const words = await read(page, says, 'en');
      assert.equal(words.length, 14);

      const desk = await openDesk(office, { viewport: WIDE });
      await desk.page.goto(lapwing.deskPage);
      await desk.page.getByRole('button', { name: says.call }).click();
      const field = desk.page.locator('#call-word');
      await shot(desk.page, 'en-desk-begin');
      await sound(desk.page, 'a call, at its beginning');
      // Three letters and a number where that is enough, whole words else; one misheard, one not understood.
      const heard = words.with(3, words[4] === 'table' ? 'river' : words[5]).with(7, '');
      for (const [at, word] of heard.entries()) {
        if (at === 13) break;
        if (word === '') {
          await desk.page.getByRole('button', { name: 'Not understood' }).click();
          continue;
        }
        await field.pressSequentially(word.slice(0, 3));
        const offers = await desk.page.locator('.offers button').allTextContents();
        const place = offers.findIndex((offer) => offer.replace(/^\d/, '') === word);
        if (place >= 0) await field.press(String(place + 1));
        else {
          await field.pressSequentially(word.slice(3));
          await field.press('Enter');
        }
        if (at === 8) await shot(desk.page, 'en-desk-nine');
      }
      // The last word was not said yet, and the report is there.
      await desk.page.getByText(says.listed).waitFor();
      await shot(desk.page, 'en-desk-heard');
      await sound(desk.page, 'a call that was heard');
      await reachable(desk.page, 'a call that was heard');
      await desk.page.setViewportSize(PHONE);
      await sound(desk.page, 'a call on a phone');
      await reachable(desk.page, 'a call on a phone');
      await shot(desk.page, 'en-desk-phone');
      assert.match(
        await desk.page.locator('section.heard').textContent(),
        new RegExp(sentence.trim().slice(0, 12)),
      );
      const answer = await desk.page.locator('section.heard .answer').textContent();

      await page.getByRole('button', { name: says.said }).click();
      assert.equal(await page.locator('.answer').textContent(), answer);
      await shot(page, 'en-answer');
      await accessible(page, 'the answer');
      await page.getByRole('button', { name: says.heard }).click();
      await page.getByText(says.came).waitFor();
      const shown = await page.locator('body').textContent();
      const { text: stored } = await kept(page);
      for (const word of words) assert.ok(!shown.includes(word) && !stored.includes(word), 'nothing stays');
      await page.getByRole('button', { name: says.done }).click();
      const { incidents } = await lapwing.desk('incidents');
      const { reports } = await lapwing.desk(`incidents/${incidents.find(({ kind }) => kind === 4).id}`);
      assert.equal(reports[0].bearer, 'call');

      // A place too far for words is refused with what to do.
      await put(page, says, 'Київ');
      await page.getByRole('button', { name: says.say }).click();
      await page.getByText('The place is too far').waitFor();
      assert.ok(await page.getByRole('button', { name: says.words }).isDisabled());
      assert.deepEqual(faults, []);
      assert.deepEqual(desk.faults, []);
      await desk.close();
      await context.close();
    });

    it('leads through practice, in Ukrainian and in the dark, and nothing of it counts', async () => {
      const says = SAYS.uk;
      const { cell, context, page, faults } = await known('uk', 'dark');
      const practise = async (nth) => {
        await page.getByRole('button', { name: says.menu }).click();
        await page.getByRole('button', { name: says.practise }).click();
        await shot(page, `uk-practice-${nth}`);
        await accessible(page, 'the ways to practise');
        await handy(page, 'the ways to practise');
        await page.getByRole('button', { name: says.begin }).first().click();
        await put(page, says);
      };
      const before = (await lapwing.desk('overview')).counters.accepted;
      await practise(1);
      await page.getByRole('button', { name: says.send, exact: true }).click();
      const drills = async () => (await cell.view()).members[0].drills;
      await until('the practised report', async () => (await drills()) === 1, 60_000);

      await practise(2);
      await page.getByRole('button', { name: says.say }).click();
      await shot(page, 'uk-begin');
      // A press that ends elsewhere, and a key that passes by, are no sign, however long ago.
      const reveal = page.getByRole('button', { name: says.words });
      await until('the words to fit', () => reveal.isEnabled());
      await reveal.hover();
      await page.mouse.down();
      await page.mouse.move(5, 5);
      await page.mouse.up();
      await reveal.focus();
      await page.keyboard.press('Tab');
      await page.waitForTimeout(2_200);
      await reveal.click();
      const words = await read(page, says, 'uk');
      const desk = await openDesk(office, { viewport: WIDE, language: 'uk', theme: 'dark' });
      await desk.page.goto(lapwing.deskPage);
      await desk.page.getByRole('button', { name: says.call }).waitFor();
      await desk.page.keyboard.press('t');
      const field = desk.page.locator('#call-word');
      // Two neighbours changed places, and one more is wrong.
      const swapped = words.with(4, words[5]).with(5, words[4]).with(9, words[0]);
      for (const word of swapped) {
        await field.pressSequentially(word);
        await field.press('Enter');
      }
      await desk.page.getByText(says.listed).waitFor();
      await desk.page.getByText('помінялися місцями').waitFor();
      await desk.page.getByText('Тренування: до жодної події').waitFor();
      await shot(desk.page, 'uk-desk-heard');
      await sound(desk.page, 'a practised call');
      const answer = await desk.page.locator('section.heard .answer').textContent();
      await page.getByRole('button', { name: says.said }).click();
      assert.equal(await page.locator('.answer').textContent(), answer);
      await page.getByRole('button', { name: says.heard }).click();
      await page.getByRole('button', { name: says.done }).click();
      assert.equal(await drills(), 2);

      await practise(3);
      await page.getByRole('button', { name: says.say }).click();
      await page.getByRole('button', { name: says.text }).click();
      assert.match(await page.locator('.message').textContent(), /^[a-z ]+$/);
      await page.getByText('1 повідомлення', { exact: true }).waitFor();
      await shot(page, 'uk-text');
      await accessible(page, 'a text message');
      await handy(page, 'a text message');
      await page.getByRole('button', { name: 'Доручення 1' }).click();
      await page.getByText('Це обмане того').waitFor();
      await shot(page, 'uk-errand');
      await page.getByRole('button', { name: 'Надіслано' }).click();
      await page.getByRole('button', { name: 'Відповіді не було' }).click();
      await page.getByRole('button', { name: says.done }).click();
      await context.setOffline(true);
      await practise(4);
      await page.getByRole('button', { name: says.send, exact: true }).click();
      await page.getByRole('button', { name: says.menu }).click();
      await page.getByRole('button', { name: 'Передати з рук у руки' }).click();
      await page.getByRole('button', { name: 'Показати кодом', exact: true }).click();
      await page.locator('main canvas').waitFor();
      await context.setOffline(false);
      await page.goBack();
      await page.goBack();
      await page.getByRole('button', { name: says.menu }).click();
      await page.getByRole('button', { name: says.practise }).click();
      await page.getByText('Ви випробували всі способи.').waitFor();
      await shot(page, 'uk-practised');
      await page.goBack();
      await page.goBack();

      // Forced: held for two seconds. The desk answers as always, and the coordinator sees it.
      await put(page, says);
      await page.getByRole('button', { name: says.say }).click();
      const show = page.getByRole('button', { name: says.words });
      await until('the words to fit', () => show.isEnabled());
      await show.click({ delay: 2_200 });
      const forced = await read(page, says, 'uk-forced');
      await desk.page.getByRole('button', { name: 'Наступний дзвінок' }).click();
      for (const word of forced) {
        await field.pressSequentially(word);
        await field.press('Enter');
      }
      await desk.page.getByText('можуть змушувати').waitFor();
      await shot(desk.page, 'uk-desk-forced');
      const { duress_since } = (await cell.view()).members[0];
      assert.ok(duress_since > 0);

      // Words of nobody.
      await desk.page.getByRole('button', { name: 'Наступний дзвінок' }).click();
      for (const word of forced) {
        await field.pressSequentially(word);
        await field.press('Enter');
      }
      await desk.page.getByText('ніхто зі свідків').waitFor();
      await shot(desk.page, 'uk-desk-nobody');
      const { incidents } = await lapwing.desk('incidents');
      assert.ok(
        incidents.every(({ kind, reports }) => kind !== 4 || reports === 1),
        'the other phone’s alone',
      );
      assert.ok((await lapwing.desk('overview')).counters.accepted - before <= 1);
      assert.deepEqual(faults, []);
      assert.deepEqual(desk.faults, []);
      await desk.close();
      await context.close();
    });
  });
