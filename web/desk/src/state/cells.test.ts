import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cell, member } from '../../dev/samples';
import { type CellsApi, Refusal } from '../api/client';
import type { CellView, InviteMade, MemberView, TalkLine } from '../api/types';
import { Cells } from './cells.svelte';

const MINUTE = 60_000;
const made: InviteMade = {
  id: 'h',
  code: '00',
  words: { uk: 'береза', en: 'birch' },
  passes: null,
  passes_missing: false,
  expires: 9000,
};
const theirs = (text: string): TalkLine => ({
  at: 1,
  by: 'witness',
  text,
  report: null,
  came: null,
  lost: false,
});

let stored: CellView;
let storage: Map<string, string>;
let api: { [K in keyof CellsApi]: ReturnType<typeof vi.fn<CellsApi[K]>> };
let signedOut: ReturnType<typeof vi.fn<() => void>>;

const refused = (problem: string, status = 403) =>
  Promise.reject(new Refusal(problem, status, undefined, undefined));

function cells(): Cells {
  return new Cells(api, signedOut);
}

async function open(): Promise<Cells> {
  const it = cells();
  it.choose(1);
  await it.unlock('сім весняних днів');
  return it;
}

beforeEach(() => {
  vi.useFakeTimers();
  storage = new Map();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
  });
  stored = cell({ members: [member({ id: 1 }), member({ id: 2, label: 'брат' })] });
  signedOut = vi.fn<() => void>();
  api = {
    list: vi.fn<CellsApi['list']>(async () => ({ cells: [{ id: 1, made: 5 }] })),
    found: vi.fn<CellsApi['found']>(async () => ({ id: 7, session: 'new' })),
    unlock: vi.fn<CellsApi['unlock']>(async (id) => ({ id, session: 's' })),
    lock: vi.fn<CellsApi['lock']>(async () => undefined),
    view: vi.fn<CellsApi['view']>(async (id) => ({ ...stored, id })),
    invite: vi.fn<CellsApi['invite']>(async () => made),
    withdraw: vi.fn<CellsApi['withdraw']>(async () => undefined),
    codebook: vi.fn<CellsApi['codebook']>(async () => ({ id: 9, page: '<p>П’ять слів</p>' })),
    endCodebook: vi.fn<CellsApi['endCodebook']>(async () => undefined),
    cutOff: vi.fn<CellsApi['cutOff']>(async () => undefined),
    write: vi.fn<CellsApi['write']>(async () => undefined),
  };
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a coordinator’s page', () => {
  it('opens a cell by its passphrase, and says when it is another', async () => {
    const it = cells();
    it.choose(1);
    expect(it.view).toBeUndefined();
    api.unlock.mockImplementationOnce(() => refused('passphrase'));
    expect(await it.unlock('інша')).toBe(false);
    expect(it.problem).toEqual({ at: 'unlock', name: 'passphrase' });
    expect(await it.unlock('сім весняних днів')).toBe(true);
    expect(it.problem).toBeUndefined();
    expect(it.view?.members).toHaveLength(2);
    expect(api.view).toHaveBeenLastCalledWith(1, 's', false);
  });

  it('is at a new cell at once when one is made', async () => {
    const it = cells();
    it.choose('new');
    await it.found('двір', 'сім весняних днів');
    expect([it.chosen, it.view?.id]).toEqual([7, 7]);
  });

  it('keeps the session to itself', async () => {
    const it = await open();
    expect(JSON.stringify({ ...it })).not.toContain('"s"');
    it.waitUntilSilent(86_400);
    expect([...storage]).toEqual([['silent-after', '86400']]);
    expect(cells().silentAfter).toBe(86_400);
  });

  it('asks for the passphrase when the session has ended, and loses nothing that was typed', async () => {
    const it = await open();
    it.read(2);
    it.type(2, 'не виходьте');
    it.inviteForm.label = 'тітка';
    it.made = { invite: made, label: 'дядько', decoy: false };
    api.write.mockImplementationOnce(() => refused('locked'));
    expect(await it.write(2)).toBe(false);
    expect(it.view).toBeUndefined();
    expect(it.made).toBeUndefined();
    expect(it.problem).toEqual({ at: 'unlock', name: 'locked' });
    expect(await it.unlock('сім весняних днів')).toBe(true);
    expect([it.member, it.draft(2), it.inviteForm.label]).toEqual([2, 'не виходьте', 'тітка']);
  });

  it('asks for the passphrase when the desk says so while nobody does anything', async () => {
    const it = await open();
    api.view.mockImplementationOnce(() => refused('locked'));
    await it.poll();
    expect(it.view).toBeUndefined();
    expect(it.problem).toEqual({ at: 'unlock', name: 'locked' });
  });

  it('forgets everything of a cell that is locked on purpose', async () => {
    const it = await open();
    it.read(2);
    it.type(2, 'не виходьте');
    expect(it.hasDrafts()).toBe(true);
    await it.lock();
    expect(api.lock).toHaveBeenCalledWith(1, 's');
    expect([it.view, it.member, it.draft(2), it.hasDrafts()]).toEqual([undefined, undefined, '', false]);
    await it.poll();
    expect(api.view).toHaveBeenCalledTimes(1);
  });

  it('locks though the desk does not answer', async () => {
    const it = await open();
    api.lock.mockImplementationOnce(() => refused('unreachable', 0));
    await it.lock();
    expect(it.view).toBeUndefined();
    expect(it.opened.size).toBe(0);
  });

  it('polls as somebody who is there only while somebody is', async () => {
    const it = await open();
    const stop = it.start();
    it.touch();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(api.view).toHaveBeenLastCalledWith(1, 's', false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(api.view).toHaveBeenLastCalledWith(1, 's', true);
    it.touch();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(api.view).toHaveBeenLastCalledWith(1, 's', false);
    stop();
    expect(api.lock).toHaveBeenCalledWith(1, 's');
  });

  it('locks by itself a quarter of an hour after somebody was there', async () => {
    const it = await open();
    it.start();
    await vi.advanceTimersByTimeAsync(14 * MINUTE);
    expect(it.view).toBeDefined();
    await vi.advanceTimersByTimeAsync(MINUTE + 10_000);
    expect(it.view).toBeUndefined();
    expect(it.problem).toEqual({ at: 'unlock', name: 'locked' });
    expect(api.lock).toHaveBeenCalledWith(1, 's');
  });

  it('tells of what comes, and counts what was not in sight', async () => {
    const it = await open();
    it.read(1);
    expect(it.news).toEqual([]);
    stored = cell({
      members: [
        member({ id: 1, talk: [theirs('тихо')] }),
        member({ id: 2, label: 'брат', well: false, talk: [theirs('а'), theirs('б')] }),
        member({ id: 3, label: 'тітка' }),
      ],
    });
    await it.poll();
    expect(it.news).toEqual([
      { what: 'message', label: 'сусідка' },
      { what: 'message', label: 'брат' },
      { what: 'unwell', label: 'брат' },
      { what: 'joined', label: 'тітка' },
    ]);
    expect([...it.fresh]).toEqual([[2, 2]]);
    it.read(2);
    expect([...it.fresh]).toEqual([]);
    const before = it.news;
    await it.poll();
    expect(it.news).toBe(before);
  });

  it('sends what was typed once, and keeps what was typed meanwhile', async () => {
    const it = await open();
    it.type(1, 'перше');
    let answer: () => void = () => undefined;
    api.write.mockImplementationOnce(() => new Promise((done) => (answer = done)));
    const sending = it.write(1);
    expect(await it.write(1)).toBe(false);
    it.type(1, 'перше й друге');
    answer();
    expect(await sending).toBe(true);
    expect(it.draft(1)).toBe('перше й друге');
    expect(await it.write(1)).toBe(true);
    expect(it.draft(1)).toBe('');
    expect(api.write.mock.calls.map((call) => call[3])).toEqual(['перше', 'перше й друге']);
  });

  it('keeps what was typed when the desk does not answer, and stays open', async () => {
    const it = await open();
    it.type(1, 'перше');
    api.write.mockImplementationOnce(() => refused('unreachable', 0));
    expect(await it.write(1)).toBe(false);
    expect(it.problem).toEqual({ at: 'write', name: 'unreachable' });
    expect([it.draft(1), it.view?.id]).toEqual(['перше', 1]);
  });

  it('shows a codebook sheet once, and takes it away with the cell', async () => {
    const request = { label: ' дід ', language: 'uk', near: 'Оріхів', clock_min: 180 };
    const it = await open();
    expect(await it.codebook(request)).toBe(true);
    expect(api.codebook).toHaveBeenCalledWith(1, 's', request);
    expect(it.sheet).toEqual({ page: '<p>П’ять слів</p>', label: 'дід' });
    it.choose(2);
    expect(it.sheet).toBeUndefined();
    it.choose(1);
    expect(await it.endCodebook(9)).toBe(true);
    expect(api.endCodebook).toHaveBeenCalledWith(1, 's', 9);
    expect(it.done).toBe('codebooks.cancelled');
  });

  it('shows an invite only in the cell that it was made for', async () => {
    const it = await open();
    it.inviteForm.label = ' тітка ';
    await it.invite();
    expect(it.made).toEqual({ invite: made, label: 'тітка', decoy: false });
    expect(api.invite).toHaveBeenCalledWith(1, 's', { label: ' тітка ', holds_s: 259_200 });
    it.choose(2);
    expect(it.made).toBeUndefined();
    expect(it.view).toBeUndefined();
    // The first stays open, and comes back without its passphrase.
    it.choose(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(it.view?.id).toBe(1);
  });

  it('makes an invite for the decoy of a witness under their name, and for nobody else', async () => {
    const it = await open();
    const [witness] = it.view?.members ?? [];
    it.inviteForm.label = 'тітка';
    it.inviteForm.decoyOf = witness?.id;
    await it.invite();
    expect(it.made?.decoy).toBe(true);
    expect(api.invite).toHaveBeenCalledWith(1, 's', {
      label: witness?.label,
      holds_s: 259_200,
      duress_of: witness?.id,
    });
    expect(it.inviteForm.decoyOf).toBeUndefined();
    it.inviteForm.decoyOf = 99;
    it.inviteForm.label = 'брат';
    await it.invite();
    expect(api.invite).toHaveBeenLastCalledWith(1, 's', { label: 'брат', holds_s: 259_200 });
  });

  it('announces that somebody speaks as a decoy, once', async () => {
    const it = await open();
    const decoy = member({ id: 8, label: 'сусідка', duress_of: 1 });
    const view = (part: Partial<MemberView>) => cell({ members: [member(), { ...decoy, ...part }] });
    api.view.mockResolvedValueOnce(view({}));
    await it.poll();
    for (const duress_since of [50, 60]) {
      it.news = [];
      api.view.mockResolvedValueOnce(view({ duress_since }));
      await it.poll();
      expect(it.news).toEqual(duress_since === 50 ? [{ what: 'duress', label: 'сусідка' }] : []);
    }
  });

  it('shows nothing that was typed in one cell in another', async () => {
    const it = await open();
    it.inviting = true;
    it.inviteForm.label = 'тітка';
    it.type(1, 'перше');
    it.choose(2);
    expect([it.inviting, it.inviteForm.label, it.draft(1), it.hasDrafts()]).toEqual([false, '', '', false]);
    it.choose(1);
    expect(it.draft(1)).toBe('перше');
  });

  it('is empty when a browser puts the page up again', async () => {
    const it = await open();
    it.read(1);
    it.leave();
    expect([it.view, it.opened.size]).toEqual([undefined, 0]);
    expect(api.lock).toHaveBeenCalledWith(1, 's');
  });

  it('does not show what is answered after the cell was left', async () => {
    const it = await open();
    let answer: (view: CellView) => void = () => undefined;
    api.view.mockImplementationOnce(() => new Promise((done) => (answer = done)));
    const polling = it.poll();
    it.choose(2);
    answer(stored);
    await polling;
    expect(it.view).toBeUndefined();
  });

  it('says when the browser is signed in no more', async () => {
    const it = await open();
    api.view.mockImplementationOnce(() => refused('sign-in', 401));
    await it.poll();
    expect(signedOut).toHaveBeenCalledOnce();
    expect(it.view).toBeUndefined();
  });
});
