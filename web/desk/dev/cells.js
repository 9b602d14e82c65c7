/**
 * Cells of the made-up desk. `GET /dev/cells?do=…`: `say` (a witness writes), `force` (somebody reports as a decoy),
 * `come` (replies come to phones), `lock` (all sessions end), `reset`.
 */
import { createHash, randomBytes } from 'node:crypto';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Opens every cell that was there at the start. */
const PASSPHRASE = 'сім весняних днів';
const WORDS = {
  uk: 'береза міст кава літо папір сорока дощ човен',
  en: 'birch bridge coffee summer paper magpie rain boat',
};

export class MockCells {
  constructor(now) {
    this.now = now;
    this.reset();
  }

  reset() {
    const now = this.now();
    this.sessions = new Map();
    this.hashes = 0;
    const says = (by, ago, text, came = null) => ({
      at: now - ago,
      by,
      text,
      report: null,
      came: came === null ? null : now - came,
      lost: false,
    });
    const member = (id, label, joined, check_in, well, talk) => ({
      id,
      label,
      joined: now - joined,
      check_in: check_in === null ? null : now - check_in,
      well,
      duress_of: null,
      duress_since: null,
      cut_off: null,
      talk,
    });
    const invite = (label, made, expires, state) => ({
      id: this.hash(),
      label,
      made: now - made,
      expires: now + expires,
      state,
      duress_of: null,
    });
    const east = {
      id: 1,
      made: now - 40 * DAY,
      name: 'Східний двір',
      passphrase: PASSPHRASE,
      members: [
        member(1, 'Сусідка з п’ятого', 38 * DAY, 2 * HOUR, true, [
          says('witness', 9 * HOUR, 'Уночі через міст ішли вантажівки, штук десять. Без світла.'),
          says('coordinator', 8 * HOUR, 'Дякую. Не виходьте більше дивитися, нам цього досить.', 6 * HOUR),
          says('witness', 2 * HOUR, 'Зрозуміла. У нас тихо.'),
          says('coordinator', 600, 'Якщо вимкнуть світло, не заряджайте телефон на людях.'),
        ]),
        member(2, 'Вчитель', 30 * DAY, 5 * HOUR, false, [
          says('coordinator', DAY, 'Як ви? Два дні нічого від вас не було.', 6 * HOUR),
          says('witness', 5 * HOUR, 'Нормально. Приїжджайте, поговоримо.'),
        ]),
        member(3, 'Той, хто ходить до млина', 35 * DAY, 4 * DAY + HOUR, true, [
          says('witness', 5 * DAY, 'Завтра піду, напишу ввечері.'),
          says('coordinator', 3 * DAY, 'Напишіть хоч слово, коли зможете.'),
        ]),
        member(4, 'Oksana, pharmacy', 2 * DAY, 40 * 60, true, [
          says('witness', 50 * 60, 'They are checking phones at the market today. Tell the others.'),
        ]),
        member(5, 'Брат', HOUR, null, null, []),
        {
          ...member(6, 'Сусідка з п’ятого', 30 * DAY, 20 * DAY, null, [
            says('coordinator', 20 * DAY, 'Дякую за рецепт!', 20 * DAY),
          ]),
          duress_of: 1,
        },
        {
          ...member(7, 'Поштар', 60 * DAY, 50 * DAY, true, [says('witness', 50 * DAY, 'Тихо.')]),
          cut_off: now - 40 * DAY,
        },
      ],
      invites: [
        invite('Тітка з вокзалу', HOUR, 2 * DAY + 23 * HOUR, 'open'),
        invite('Пекарка', 20 * HOUR, 4 * HOUR, 'open'),
        invite('Брат', 2 * HOUR, 3 * DAY, 'used'),
        invite('Листоноша', 12 * DAY, -9 * DAY, 'expired'),
        invite('Загублене', 8 * DAY, 20 * DAY, 'revoked'),
      ],
      codebooks: [
        { id: 41, label: 'Дід Остап', made: now - 5 * DAY, left: 7, ended: null },
        { id: 42, label: 'Сторож', made: now - 30 * DAY, left: 0, ended: now - 2 * DAY },
      ],
    };
    const west = {
      id: 2,
      made: now - 3 * DAY,
      name: 'Порожній',
      passphrase: PASSPHRASE,
      members: [],
      invites: [],
      codebooks: [],
    };
    this.cells = [east, west];
  }

  hash() {
    return createHash('sha256').update(String(this.hashes++)).digest('hex');
  }

  do(what) {
    const now = this.now();
    if (what === 'say')
      this.cells[0].members[0].talk.push({
        at: now,
        by: 'witness',
        text: 'Щойно гупнуло за річкою.',
        report: null,
        came: null,
        lost: false,
      });
    else if (what === 'force') {
      const decoy = this.cells[0].members.find(({ duress_of }) => duress_of !== null);
      decoy.duress_since ??= now;
      decoy.talk.push({
        at: now,
        by: 'witness',
        text: 'Усі пішли, приїжджайте.',
        report: { kind: 2, lat: 47.57, lon: 35.79, seen: now - 600 },
        came: null,
        lost: false,
      });
    } else if (what === 'come') {
      for (const { members } of this.cells)
        for (const { talk } of members)
          for (const line of talk) if (line.by === 'coordinator') line.came ??= now;
    } else if (what === 'lock') this.sessions.clear();
    else this.reset();
  }

  open(cell) {
    const session = randomBytes(32).toString('hex');
    this.sessions.set(session, cell.id);
    return { id: cell.id, session };
  }

  answer(method, path, body, session) {
    const missing = { status: 404, problem: 'not-found', title: 'no such thing' };
    const bad = { status: 400, problem: 'bad-request', title: 'the request cannot be read' };
    if (path === '/api/cells') {
      if (method === 'GET') return { body: { cells: this.cells.map(({ id, made }) => ({ id, made })) } };
      if ([...body.passphrase].length < 8 || !fits(body.name, 120)) return bad;
      const cell = {
        id: this.cells.length + 1,
        made: this.now(),
        name: body.name.trim(),
        passphrase: body.passphrase,
        members: [],
        invites: [],
        codebooks: [],
      };
      this.cells.push(cell);
      return { status: 201, body: this.open(cell) };
    }
    const [, id, rest = ''] = /^\/api\/cells\/(\d+)(\/.*)?$/.exec(path) ?? [];
    const cell = this.cells.find((each) => each.id === Number(id));
    if (!id) return missing;
    if (rest === '/unlock') {
      if (!cell) return missing;
      if (body.passphrase !== cell.passphrase)
        return { status: 403, problem: 'passphrase', title: 'the passphrase does not open this cell' };
      return { body: this.open(cell) };
    }
    if (rest === '/lock') {
      this.sessions.delete(session);
      return { status: 204 };
    }
    if (!cell || this.sessions.get(session) !== cell.id)
      return { status: 403, problem: 'locked', title: 'this cell is locked' };
    if (rest === '') {
      const { id, name, members, invites, codebooks } = cell;
      return { body: { id, name, members, invites, codebooks } };
    }
    if (rest === '/codebooks') {
      if (!fits(body.label, 120) || body.near === 'Atlantis') return bad;
      const made = this.now();
      const sheet = { id: 50 + cell.codebooks.length, label: body.label.trim(), made, left: 10, ended: null };
      cell.codebooks.unshift(sheet);
      return { status: 201, body: { id: sheet.id, page: '<!doctype html><p>П’ять слів' } };
    }
    const sheet = cell.codebooks.find((each) => method === 'DELETE' && rest === `/codebooks/${each.id}`);
    if (sheet) {
      sheet.ended = this.now();
      return { status: 204 };
    }
    if (rest === '/invites') {
      if (!fits(body.label, 120) || !(body.holds_s >= 1 && body.holds_s <= 90 * DAY)) return bad;
      const made = this.now();
      const expires = made + body.holds_s;
      const duress_of = body.duress_of ?? null;
      const invite = { id: this.hash(), label: body.label.trim(), made, expires, state: 'open', duress_of };
      cell.invites.unshift(invite);
      return { status: 201, body: { id: invite.id, code: '5f2c9a41d07be83366109e', words: WORDS, expires } };
    }
    const invite = cell.invites.find((each) => rest === `/invites/${each.id}`);
    if (invite) {
      if (invite.state === 'open') invite.state = 'revoked';
      return { status: 204 };
    }
    const gone = cell.members.find((each) => method === 'DELETE' && rest === `/members/${each.id}`);
    if (gone) {
      gone.cut_off = this.now();
      return { status: 204 };
    }
    const member = cell.members.find((each) => rest === `/members/${each.id}/messages`);
    if (!member || member.cut_off !== null) return missing;
    if (!fits(body.text, 560)) return bad;
    member.talk.push({
      at: this.now(),
      by: 'coordinator',
      text: body.text.trim(),
      report: null,
      came: null,
      lost: false,
    });
    return { status: 202 };
  }
}

function fits(text, most) {
  const length = Buffer.byteLength(text.trim());
  return length > 0 && length <= most;
}
