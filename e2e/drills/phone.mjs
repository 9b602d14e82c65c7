// Drill "phone seized": what a searcher finds in the browser's folder of a phone.
//
// `node e2e/drills/phone.mjs` prints a line for each measure, and as its last line one JSON array of
// {name, measure, value, bound, held, control_caught}. It needs what the browser tests need (see xtask/src/test.rs).
//
// Five phones: only installed; reported; unlocked (a passphrase and a decoy); panicked; updated. Each is opened twice, and
// its folder is copied after either time. The searcher reads every byte of it, knows the app's code, and knows for what to
// look: what was written, where, the passphrases, and every key that the app could have kept.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, appendFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '../witness-app.mjs';

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const { chromium } = createRequire(root('web/package.json'))('playwright-core');
const core = await import(root('web/witness/src/core-vault/lapwing_vault.js'));
await core.default({
  module_or_path: await readFile(root('web/witness/src/core-vault/lapwing_vault_bg.wasm')),
});

const RARE = 'Zyvohlad';
const NOTE = `колона біля млина ${RARE}`;
const PLACE = 'Bakhmut';
const KIND = 'Forces on the move';
const MINE = 'абрикоси чекають потяга взимку';
const DECOY = 'lantern ribbon walnut harbour';
const VAULT_LEN = 344_064;
const OUTBOX_LEN = 65_924;
const COPY = VAULT_LEN / 2;
const HEADER = 4_096;
const SLOT = 20_480;

const results = [];
function tell(measure, value, bound, control_caught) {
  const held = value <= bound;
  results.push({ name: 'phone-seized', measure, value, bound, held, control_caught });
  console.log(
    `${held && control_caught ? 'held  ' : 'FAILED'} ${measure}: ${value} (at most ${bound}; control ${control_caught ? 'caught' : 'MISSED'})`,
  );
}

// What a searcher has: every file of the folder.

async function snapshot(folder) {
  const files = new Map();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(folder, path), await readFile(path).catch(() => Buffer.alloc(0)));
  }
  return files;
}

/** Files that hold any of the needles, in the encodings that browsers use. */
function find(files, needles) {
  const encoded = needles.flatMap((needle) =>
    Buffer.isBuffer(needle)
      ? [needle, Buffer.from(needle.toString('hex')), Buffer.from(needle.toString('base64'))]
      : [
          Buffer.from(needle, 'utf8'),
          Buffer.from(needle, 'utf16le'),
          Buffer.from(encodeURIComponent(needle)),
        ],
  );
  return [...files]
    .filter(([, bytes]) => encoded.some((needle) => bytes.includes(needle)))
    .map(([name]) => name);
}

const ofLength = (files, length) =>
  [...files]
    .filter(([name, bytes]) => name.includes('File System') && bytes.length === length)
    .map(([, b]) => b);
function vaultOf(files) {
  const [vault, ...more] = ofLength(files, VAULT_LEN);
  assert.ok(vault && more.length === 0, 'there is one vault');
  return vault;
}
function outboxOf(files) {
  const [outbox, ...more] = ofLength(files, OUTBOX_LEN);
  assert.ok(outbox && more.length === 0, 'there is one outbox');
  return outbox;
}

// The phones.

async function browse(folder, run, offline = false) {
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    viewport: { width: 360, height: 640 },
    locale: 'en-GB',
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(60_000);
    await page.goto(lapwing.app);
    await page.getByRole('heading', { name: 'What do you see?' }).waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    if (offline) await context.setOffline(true);
    await run?.(page, context);
    await afresh(page);
  } finally {
    await context.close();
  }
  return snapshot(folder);
}

/** Until the vault has been made afresh: a phone that is seized before has that of the last opening. */
async function afresh(page) {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForFunction(() => performance.getEntriesByName('vault-afresh').length > 0);
  await page.waitForTimeout(500);
}

async function report(page) {
  await page.getByRole('button', { name: KIND }).click();
  await page.getByRole('searchbox').fill(PLACE);
  await page.locator('.found li button').first().click();
  await page.getByRole('button', { name: /Add what you know/ }).click();
  await page.getByLabel('In your own words').fill(NOTE);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

async function hide(page) {
  await page.getByRole('button', { name: 'Language and more' }).click();
  await page.getByRole('button', { name: 'Hiding place' }).click();
  for (const passphrase of [MINE, DECOY]) {
    await page.getByRole('button', { name: 'Set a passphrase' }).click();
    await page.getByLabel('New passphrase').fill(passphrase);
    await page.getByLabel('The same once more').fill(passphrase);
    await page.getByRole('button', { name: 'Set this passphrase' }).click();
    await page.locator('.fold[aria-expanded=false]').waitFor();
  }
}

const PHONES = {
  installed: async () => undefined,
  reported: async (page) => {
    await report(page);
    await page
      .getByRole('status')
      .filter({ hasText: /^Sent at/ })
      .waitFor();
  },
  unlocked: hide,
  panicked: async (page) => {
    await hide(page);
    await page.goBack();
    await page.goBack();
    await page.context().setOffline(true);
    await report(page);
    await page.getByRole('status').filter({ hasText: '1 report is waiting' }).waitFor();
  },
  updated: async (page) => {
    await report(page);
    await page
      .getByRole('status')
      .filter({ hasText: /^Sent at/ })
      .waitFor();
  },
};

const work = await mkdtemp(join(tmpdir(), 'lapwing-drill-'));
const dist = join(work, 'dist');
await cp(process.env.LAPWING_WEB ?? root('web/witness/dist'), dist, { recursive: true });
process.env.LAPWING_WEB = dist;
const lapwing = await start();
try {
  await drill();
} finally {
  await lapwing.close();
  await rm(work, { recursive: true, force: true });
}
console.log(JSON.stringify(results));
if (results.some(({ held, control_caught }) => !held || !control_caught)) process.exitCode = 1;

async function drill() {
  const seized = {};
  for (const [name, run] of Object.entries(PHONES)) {
    const folder = join(work, name);
    const first = await browse(folder, run);
    if (name === 'updated') await appendFile(join(dist, 'sw.js'), '\n// a new version\n');
    const second = await browse(folder, async (page) => {
      if (name === 'panicked') {
        for (let press = 0; press < 5; press++) await page.keyboard.press('Escape');
        await page.waitForTimeout(1_500);
      }
      if (name === 'updated')
        await page.evaluate(() => navigator.serviceWorker.ready.then((kept) => kept.update()));
    });
    seized[name] = [first, second];
    console.log(`       ${name}: ${first.size} and ${second.size} files`);
  }
  const all = Object.values(seized).flat();
  const hits = (needles) => new Set(all.flatMap((files) => find(files, needles))).size;

  // A phone on which a careless app wrote everything down.
  const careless = await browse(join(work, 'careless'), (page) =>
    page.evaluate(
      async ([note, passphrase, place, kind]) => {
        localStorage.setItem('draft', `${note} ${place} ${kind} mailto:somebody@example.org`);
        history.pushState({ screen: 'the-send-screen' }, '');
        const file = await (await navigator.storage.getDirectory()).getFileHandle('keys', { create: true });
        const stream = await file.createWritable();
        await stream.write(passphrase + String.fromCharCode(...Array(32).fill(7)));
        await stream.close();
      },
      [NOTE, MINE, PLACE, KIND],
    ),
  );

  tell('files with what was written', hits([NOTE, RARE]), 0, find(careless, [NOTE]).length > 0);
  tell('files with a passphrase', hits([MINE, DECOY]), 0, find(careless, [MINE]).length > 0);
  // The app's own files, which the browser caches, name every place and kind, and so does the form in the bulletin, which
  // is public and in IndexedDB: they are not looked at for these.
  const own = (files) => new Map([...files].filter(([name]) => !/Cache|Service Worker/.test(name)));
  const priv = (files) => new Map([...own(files)].filter(([name]) => !name.includes('IndexedDB')));
  const said = (files) => new Set([...find(own(files), [PLACE]), ...find(priv(files), [KIND])]).size;
  tell('other files with the place or the kind', Math.max(...all.map(said)), 0, said(careless) > 0);
  const sessions = (files) => new Map([...files].filter(([name]) => name.includes('Sessions')));
  const screens = (files) => find(sessions(files), ['screen']).length;
  tell('session files with the name of a screen', Math.max(...all.map(screens)), 0, screens(careless) > 0);
  // Contacts and addresses: the app has none but those of its host and relay.
  const foreign = (files) => find(own(files), ['tel:+', 'mailto:', 'facebook.com/', 't.me/']).length;
  tell(
    'other files with a contact',
    Math.max(...all.map(foreign)) - foreign(seized.installed[0]),
    0,
    foreign(careless) > foreign(seized.installed[0]),
  );

  // Every key of the phone that was unlocked.
  const keys = [];
  for (const passphrase of [MINE, DECOY]) {
    const vault = core.Vault.read(vaultOf(seized.unlocked[1]), randomBytes(32));
    const secret = core.secret(passphrase, vault.salt());
    assert.ok(vault.open(secret), 'the vault of the folder is the one that was used');
    keys.push(Buffer.from(secret), Buffer.from(vault.field(1)));
  }
  tell('files with a key of a slot', hits(keys), 0, find(careless, [Buffer.alloc(32, 7)]).length > 0);

  // The pseudonym's secret is in the outbox and nowhere else; after panic nowhere at all.
  const before = outboxOf(seized.panicked[0]).subarray(2, 34);
  const elsewhere = find(seized.panicked[0], [before]).length - 1;
  tell(
    'copies of the secret of the pseudonym',
    elsewhere,
    0,
    find(seized.panicked[0], [before]).length === 1,
  );
  tell(
    'files with it after panic',
    find(seized.panicked[1], [before]).length,
    0,
    find(seized.panicked[0], [before]).length > 0,
  );

  // After panic the passphrase opens nothing, also not with the salt of before.
  const opens = (files, salt) => {
    const vault = core.Vault.read(vaultOf(files), randomBytes(32));
    return [MINE, DECOY].filter((one) => vault.open(core.secret(one, salt ?? vault.salt()))).length;
  };
  const oldSalt = vaultOf(seized.panicked[0]).subarray(28, 44);
  tell(
    'slots that open after panic',
    opens(seized.panicked[1]) + opens(seized.panicked[1], oldSalt),
    0,
    opens(seized.panicked[0]) === 2,
  );
  tell(
    'reports that wait after panic',
    bits(outboxOf(seized.panicked[1])),
    0,
    bits(outboxOf(seized.panicked[0])) === 1,
  );

  // Two pictures: what stayed in the vault between two openings, for whatever was done in between.
  const stayed = Object.values(seized).map(([a, b]) => same(vaultOf(a), vaultOf(b)));
  tell(
    'elements that stayed between two openings',
    Math.max(...stayed),
    0,
    same(vaultOf(seized.installed[0]), vaultOf(seized.installed[0])) === 5_120,
  );
  const sizes = new Set(all.flatMap((files) => [vaultOf(files).length, outboxOf(files).length]));
  tell('sizes of the two files beyond one each', sizes.size - 2, 0, new Set([...sizes, 1]).size === 3);

  // What remains, without a bound: where the folders of a phone that reported and of one that did not differ by name.
  const names = (files) => new Set(own(files).keys());
  const [idle, busy] = [names(seized.installed[1]), names(seized.reported[1])];
  const plainer = (name) => name.replace(/\d{3,}/g, '…');
  const more = new Set([...busy].filter((name) => !idle.has(name)).map(plainer));
  for (const name of idle) more.delete(plainer(name));
  console.log(`       only after a report: ${[...more].join(', ') || 'no file'}`);

  slots();
}

/** One picture and two, over many phones: the best of the measures, as the distance of its AUC from one half. */
function slots() {
  const pairs = (phones, afresh, spoil) => {
    const made = [];
    for (let phone = 0; phone < phones; phone++) {
      const vault = core.Vault.fresh(randomBytes(32));
      const secrets = [0, 1, 2, 3].map(() => randomBytes(32));
      const used = new Set();
      for (const secret of secrets) {
        const was = Buffer.from(vault.copy());
        vault.claim(secret);
        const now = Buffer.from(vault.copy());
        for (let slot = 0; slot < 8; slot++)
          if (slotOf(was, slot).compare(slotOf(now, slot)) !== 0) used.add(slot);
        vault.put(2, randomBytes(secret[0] * 8));
      }
      const before = Buffer.from(vault.copy());
      for (let slot = 0; afresh && vault.rerandomise(slot); slot++);
      for (const secret of secrets) {
        vault.open(secret);
        vault.put(2, randomBytes(3_000));
      }
      const after = Buffer.from(vault.copy());
      for (let slot = 0; slot < 8; slot++) {
        const [a, b] = [Buffer.from(slotOf(before, slot)), Buffer.from(slotOf(after, slot))];
        spoil?.(b, used.has(slot));
        made.push({ a, b, used: used.has(slot) });
      }
    }
    return made;
  };
  const measures = [
    ({ a, b }) => same32(a, b),
    ({ b }) => b.reduce((sum, byte) => sum + byte, 0),
    ({ b }) => counts(b).reduce((sum, count) => sum + count * count, 0),
    // The encoding of an element is even, and below 2^255.
    ({ b }) => chunks(b).filter((chunk) => chunk[0] & 1 || chunk[31] & 0x80).length,
    ({ b }) => chunks(b).length - new Set(chunks(b).map((chunk) => chunk.toString('latin1'))).size,
  ];
  const best = (made) => Math.max(...measures.map((measure) => Math.abs(auc(made, measure) - 0.5)));
  const good = pairs(12, true);
  const used = good.filter((pair) => pair.used).length;
  const bound = 4 * Math.sqrt((good.length + 1) / (12 * used * (good.length - used)));
  const noise = (slot, isUsed) => {
    if (!isUsed) randomBytes(slot.length).copy(slot);
  };
  const caught = best(pairs(4, false)) > bound && best(pairs(4, true, noise)) > bound;
  tell(
    `best AUC of used against unused slots, over ${good.length}, less one half`,
    Number(best(good).toFixed(4)),
    Number(bound.toFixed(4)),
    caught,
  );
}

function auc(made, measure) {
  const values = (used) => made.filter((pair) => pair.used === used).map(measure);
  let sum = 0;
  const [ones, others] = [values(true), values(false)];
  for (const one of ones) for (const other of others) sum += one > other ? 1 : one === other ? 0.5 : 0;
  return sum / (ones.length * others.length);
}

function chunks(bytes) {
  return Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
}
function counts(bytes) {
  const found = Array(256).fill(0);
  for (const byte of bytes) found[byte] += 1;
  return found;
}
function same32(a, b) {
  const others = chunks(b);
  return chunks(a).filter((chunk, at) => chunk.compare(others[at]) === 0).length;
}
function slotOf(copy, slot) {
  return copy.subarray(HEADER + slot * SLOT, HEADER + (slot + 1) * SLOT);
}
function same(a, b) {
  return same32(a.subarray(HEADER, COPY - HEADER), b.subarray(HEADER, COPY - HEADER));
}
function bits(outbox) {
  return ((outbox[0] << 8) | outbox[1]).toString(2).replaceAll('0', '').length;
}
function randomBytes(length) {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length)));
}
