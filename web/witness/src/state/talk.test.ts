/** What is kept before what leaves, with a desk and a core that write down what is asked of them. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { decode, type Reply } from '../keep/conversation';
import { FIELD } from '../keep/keeper';
import { PLACES } from '../keep/outbox';

const world = vi.hoisted(() => ({
  log: [] as string[],
  fields: new Map<number, Uint8Array>(),
  outbox: [] as Uint8Array[],
  standing: undefined as string | undefined,
  replies: [] as Reply[],
  dies: '',
  away: false,
}));

function step(what: string): void {
  if (world.dies === what) throw new Error('the phone died');
  world.log.push(what);
}

vi.mock('./desk.svelte', async () => {
  const { endOf } = await import('../keep/conversation');
  const sealed = (what: string) => {
    step(`seal ${what}`);
    return crypto.getRandomValues(new Uint8Array(2048));
  };
  const phone = {
    standing: () => world.standing,
    region: () => undefined,
    enrol: () => {
      world.standing = 'asked';
      return sealed('enrolment');
    },
    message: () => {
      if (world.standing !== 'known') throw 'not-known';
      return sealed('message');
    },
    check_in: (acks: Uint32Array, well: boolean | undefined) =>
      sealed(`check-in ${acks.join()}${well === undefined ? '' : `, well: ${String(well)}`}`),
    renew: () => {
      if (world.standing !== 'known') throw 'not-known';
      world.standing = 'asked';
      return sealed('renewal');
    },
    receive: () => {
      if (world.away) throw 'away';
      if (world.replies.some(({ enrolled }) => enrolled)) world.standing = 'known';
      if (world.replies.some(({ refused }) => refused)) world.standing = undefined;
      return JSON.stringify(world.replies);
    },
  };
  const desk = {
    onDrop: undefined as (() => Promise<void>) | undefined,
    drop: { bucket: 0, number: 50, bytes: new Uint8Array() },
    vault: {
      ask: async (call: string, number: number, bytes?: Uint8Array) => {
        if (call === 'field') return world.fields.get(number) ?? new Uint8Array();
        step('keep conversation');
        world.fields.set(number, bytes as Uint8Array);
        return undefined;
      },
    },
    as: (run: (phone: unknown, keep: () => Promise<void>) => Promise<unknown>) =>
      run(phone, async () => step('keep chains')),
    enqueue: async (envelope: Uint8Array) => {
      step('enqueue');
      world.outbox.push(envelope);
      return true;
    },
    ends: async () => new Set(world.outbox.map(endOf)),
    flush: async () => undefined,
  };
  return { desk };
});
vi.mock('../phone/invite', () => ({
  read: async (typed: string) => {
    if (typed !== 'good') throw 'invite-words';
    return '00'.repeat(11);
  },
}));

const { talk } = await import('./talk.svelte');
const { desk } = await import('./desk.svelte');
const drop = async (...replies: Reply[]) => {
  world.replies = replies;
  await desk.onDrop?.();
};
const kept = () => decode(world.fields.get(FIELD.conversation));

beforeEach(async () => {
  talk.close();
  world.fields.clear();
  Object.assign(world, { log: [], outbox: [], standing: undefined, replies: [], dies: '', away: false });
  await talk.open();
  world.log = [];
});

const NEAR = { lat: 48, lon: 37.8 };

describe('a conversation with the desk', () => {
  test('keeps the chains before an enrolment leaves, and says which invite cannot be read', async () => {
    expect(await talk.enrol('bad', NEAR)).toBe('invite-words');
    expect(world.log).toEqual([]);
    expect(await talk.enrol('good', NEAR)).toBeUndefined();
    expect(world.log).toEqual([
      'keep conversation',
      'seal enrolment',
      'keep chains',
      'enqueue',
      'keep conversation',
    ]);
    expect(talk.standing).toBe('asked');
  });

  test('hides no reply to an enrolment for its number, which one to another had', async () => {
    await drop({ id: 1, refused: 'expired' });
    await talk.enrol('good', NEAR);
    await drop({ id: 1, enrolled: true }, { id: 2, message: 'Вітаємо', at: 9 });
    expect(talk.standing).toBe('known');
    expect(kept().seen).toEqual([1, 2]);
    expect(world.log).toContain('seal check-in 1,2');
  });

  test('says how the person is only when they say so', async () => {
    world.standing = 'known';
    await drop({ id: 2, message: 'Як ви?', at: 9 });
    expect(world.log).toContain('seal check-in 2');
    expect(await talk.wellness(false, 'Зі мною не все гаразд')).toBeUndefined();
    expect(world.log).toContain('seal check-in , well: false');
    expect(kept().lines.map(({ by, text }) => [by, text])).toEqual([
      ['desk', 'Як ви?'],
      ['me', 'Зі мною не все гаразд'],
    ]);
  });

  test('sends nothing whose step could not be kept', async () => {
    world.standing = 'known';
    world.dies = 'keep chains';
    expect(await talk.say('вода')).toBe('core');
    expect(world.outbox).toEqual([]);
    expect(kept().lines).toEqual([]);
  });

  test('seals nothing when the outbox is full', async () => {
    world.outbox = Array.from({ length: PLACES }, (_, n) => new Uint8Array(2048).fill(n));
    expect(await talk.say('вода')).toBe('full');
    expect(world.log).toEqual([]);
  });

  test('shows a message as waiting until its envelope has left', async () => {
    world.standing = 'known';
    expect(await talk.say('  вода ')).toBeUndefined();
    const [line] = talk.said.lines;
    expect(line?.text).toBe('вода');
    expect(talk.waiting?.has(line?.end ?? '')).toBe(true);
    world.outbox = [];
    await talk.settle();
    expect(talk.waiting?.has(line?.end ?? '')).toBe(false);
  });

  test('keeps what came before it tells the desk that it came', async () => {
    await drop({ id: 4, enrolled: true }, { id: 5, message: 'Будемо', at: 9 });
    expect(world.log).toEqual(['seal check-in 4,5', 'keep conversation', 'keep chains', 'enqueue']);
    expect(talk.standing).toBe('known');
    expect(talk.unread).toBe(true);
    await talk.look();
    expect(talk.unread).toBe(false);
    expect(kept().lines).toEqual([{ by: 'desk', at: 9, text: 'Будемо', id: 5 }]);
    world.log = [];
    await drop({ id: 5, message: 'Будемо', at: 9 });
    expect(world.log).toEqual(['keep chains']);
  });

  test('tells the desk nothing when what came could not be kept', async () => {
    world.dies = 'keep conversation';
    await drop({ id: 4, enrolled: true }, { id: 5, message: 'Будемо', at: 9 });
    expect(world.outbox).toEqual([]);
    world.dies = '';
    await drop({ id: 4, enrolled: true }, { id: 5, message: 'Будемо', at: 9 });
    expect(talk.said.lines).toHaveLength(1);
    expect(world.outbox).toHaveLength(1);
  });

  test('says why an invite was refused until another is asked with, and acknowledges nothing', async () => {
    await talk.enrol('good', NEAR);
    world.log = [];
    await drop({ id: 1, refused: 'expired' });
    expect(world.log).toEqual(['keep conversation', 'keep chains']);
    expect(talk.standing).toBe('none');
    expect(talk.said.refused).toBe('expired');
    await talk.enrol('good', NEAR);
    expect(talk.said.refused).toBeUndefined();
  });

  test('shows nothing, and reads nothing, once the slot is closed', async () => {
    await drop({ id: 5, message: 'Будемо', at: 9 });
    talk.close();
    expect(talk.said.lines).toEqual([]);
    world.log = [];
    await drop({ id: 6, message: 'Ще', at: 10 });
    expect(world.log).toEqual([]);
    expect(talk.said.lines).toEqual([]);
  });

  test('begins anew once the words that wait have left, and takes no others until the desk has answered', async () => {
    await talk.enrol('good', NEAR);
    await drop({ id: 1, enrolled: true });
    world.outbox = [];
    await talk.say('Ще тут');
    expect(await talk.renew()).toBe('unsent');
    world.outbox = [];
    world.log = [];
    expect(await talk.renew()).toBeUndefined();
    expect(world.log).toEqual(['seal renewal', 'keep chains', 'enqueue', 'keep conversation']);
    expect(talk.standing).toBe('asked');
    world.outbox = [];
    expect(await talk.say('Чуєте?')).toBe('not-known');
    await drop({ id: 2, enrolled: true });
    expect(await talk.say('Чуєте?')).toBeUndefined();
    expect(talk.said.lines.map(({ text }) => text)).toEqual(['Ще тут', 'Чуєте?']);
  });

  test('begins anew by itself when it was away for too long, or the desk wants it, and once', async () => {
    await talk.enrol('good', NEAR);
    await drop({ id: 1, enrolled: true });
    world.log = [];
    world.away = true;
    await drop();
    await drop();
    expect(world.log.filter((what) => what === 'seal renewal')).toHaveLength(1);
    [world.away, world.outbox] = [false, []];
    await drop({ id: 2, enrolled: true });
    world.log = [];
    await drop({ id: 3, renew: true });
    expect(world.log).toContain('seal renewal');
  });
});
