// What the tests of enrolment share: a cell, a phone on its way to the screen of the desk, a slip before a camera.

import { createRequire } from 'node:module';
import { accessible, handy } from './witness-app.mjs';

const { encode } = await import(
  createRequire(new URL('../web/desk/package.json', import.meta.url)).resolve('uqr')
);

export const PASSPHRASE = 'чотири слова про вишні';

/** A picture of the page, where somebody wants some. */
export async function shot(page, name) {
  const folder = process.env.LAPWING_SHOTS;
  if (folder) await page.screenshot({ path: `${folder}/enrol-${name}.png` });
}

/** A cell that its coordinator has open. */
export async function founded(lapwing, name) {
  const post = (path, body, headers) =>
    lapwing.desk(path, { method: 'POST', body: JSON.stringify(body), headers });
  const { id, session } = await post('cells', { name, passphrase: 'seven autumn days' });
  const headers = { 'lapwing-cell': session };
  return {
    invite: (label, duress_of) => post(`cells/${id}/invites`, { label, holds_s: 86_400, duress_of }, headers),
    cutOff: (member) => lapwing.desk(`cells/${id}/members/${member}`, { method: 'DELETE', headers }),
    withdraw: (invite) => lapwing.desk(`cells/${id}/invites/${invite}`, { method: 'DELETE', headers }),
    view: () => lapwing.desk(`cells/${id}`, { headers }),
    write: (member, text) => post(`cells/${id}/members/${member}/messages`, { text }, headers),
  };
}

/** To the screen of the desk, by way of setting a passphrase. */
export async function hide(page, shots) {
  await page.getByRole('button', { name: /Мова та інше|Language and more/ }).click();
  await page.getByRole('button', { name: /Ваша диспетчерська|Your desk/ }).click();
  await page.getByText(/Спершу задайте|First set or open/).waitFor();
  await accessible(page, 'the desk, without a passphrase');
  await handy(page, 'the desk, without a passphrase');
  await shot(page, `${shots}-first`);
  await page.getByRole('button', { name: /До схованки|To the hiding place/ }).click();
  await page.getByRole('button', { name: /Задати парольну|Set a passphrase/ }).click();
  await page.getByLabel(/Нова фраза|New passphrase/).fill(PASSPHRASE);
  await page.getByLabel(/Те саме|The same once/).fill(PASSPHRASE);
  await page.getByRole('button', { name: /Задати цю фразу|Set this passphrase/ }).click();
  await page.locator('.note.open').waitFor();
  await page.goBack();
  await page.getByLabel(/Ваше запрошення|Your invite/).waitFor();
}

/** Near which town one reports, where that is asked. */
export async function near(page) {
  const field = page.getByLabel(/Найближче місто|Nearest town/);
  if (!(await field.isVisible())) return;
  await field.fill('Запоріжжя');
  await page
    .getByRole('button', { name: /^(Запоріжжя|Zaporizhzh)/ })
    .first()
    .waitFor();
  await field.press('Enter');
  await page.getByText(/^(Біля: Запоріжжя|Near Zaporizhzh)/).waitFor();
}

/** A slip with a code on it before a camera, in a hand that is not still, as YUV4MPEG2. */
export function filmed(text) {
  const dense = text.length > 200;
  const [width, height, module] = dense ? [1_280, 960, 7] : [640, 480, 8];
  const { data, size } = encode(text, { ecc: dense ? 'L' : 'M', border: 4 });
  const frames = [0.26, 0.22, 0.17, 0.11, 0.06, 0.3].map((angle) => {
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const grey = Buffer.alloc(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dx, dy] = [x - width / 2, y - height / 2];
        const column = Math.floor((dx * cos + dy * sin) / module + size / 2);
        const row = Math.floor((dy * cos - dx * sin) / module + size / 2);
        const dark = data[row]?.[column];
        // Paper in bad light, and a sensor that hisses.
        const light = dark === undefined ? 90 : dark ? 45 : 170;
        grey[y * width + x] = light + ((x * 7 + y * 13 + ((x * y) % 11)) % 25);
      }
    }
    return [Buffer.from('FRAME\n'), grey, Buffer.alloc((width * height) / 2, 128)];
  });
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`);
  return Buffer.concat([head, ...frames.flat()]);
}
