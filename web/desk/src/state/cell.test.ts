import { describe, expect, it } from 'vitest';
import { member } from '../../dev/samples';
import type { MemberView, TalkLine } from '../api/types';
import { byNeed, cellsAddress, lastSign, room, sorted, standing, underDuress } from './cell';

const DAY = 86_400;
const line = (by: TalkLine['by'], at: number): TalkLine => ({
  by,
  at,
  text: 'х',
  report: null,
  came: null,
  lost: false,
});

describe('a witness, as their coordinator sees them', () => {
  it('gives a sign by joining, checking in or writing, and not by being written to', () => {
    expect(lastSign(member({ joined: 5 }))).toBe(5);
    expect(lastSign(member({ joined: 5, check_in: 9 }))).toBe(9);
    const talk = [line('witness', 20), line('coordinator', 30)];
    expect(lastSign(member({ joined: 5, check_in: 9, talk }))).toBe(20);
  });

  it('is silent from the stated time on', () => {
    const quiet = member({ joined: 0 });
    expect(standing(quiet, 2 * DAY - 1, 2 * DAY).silent).toBeUndefined();
    expect(standing(quiet, 2 * DAY, 2 * DAY).silent).toBe(2 * DAY);
  });

  it('is not well only when they said so', () => {
    const unwell = (well: boolean | null) => standing(member({ well }), 1000, DAY).unwell;
    expect([true, null, false].map(unwell)).toEqual([false, false, true]);
  });

  it('waits for an answer when the last word is theirs', () => {
    const waits = (...talk: TalkLine[]) => standing(member({ talk }), 1000, DAY).unanswered;
    expect(waits()).toBe(false);
    expect(waits(line('witness', 1))).toBe(true);
    expect(waits(line('witness', 1), line('coordinator', 2))).toBe(false);
  });

  it('keeps decoys and phones that were cut off apart, and waits for a sign of neither', () => {
    const members = [
      member({ id: 1 }),
      member({ id: 2, duress_of: 1 }),
      member({ id: 3, cut_off: 2000 }),
      member({ id: 4, duress_of: 1, duress_since: 50 }),
      member({ id: 5, duress_of: 3, duress_since: 70 }),
    ];
    const ids = (of: readonly MemberView[]) => of.map(({ id }) => id);
    const { witnesses, decoys, ended } = sorted(members);
    expect([witnesses, decoys, ended].map(ids)).toEqual([[1], [2, 4, 5], [3]]);
    expect(ids(underDuress(members))).toEqual([5, 4]);
    expect(members.map((each) => standing(each, 9 * DAY, DAY).silent !== undefined)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('stands first when silent, the longest at the top, then the unwell, then the unanswered', () => {
    const now = 10 * DAY;
    const here = { joined: now - 60 };
    const members = [
      member({ id: 1, ...here }),
      member({ id: 2, ...here, talk: [line('witness', now - 50)] }),
      member({ id: 3, ...here, well: false }),
      member({ id: 4, joined: 5 * DAY }),
      member({ id: 5, joined: DAY, well: false }),
      member({ id: 6, ...here }),
    ];
    expect(byNeed(members, now, 2 * DAY).map((each) => each.member.id)).toEqual([5, 4, 3, 2, 1, 6]);
    expect(members.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('room for a message', () => {
  it('is counted in letters of the script that is written', () => {
    expect(room('', true)).toBe(280);
    expect(room('', false)).toBe(560);
    expect(room('абв', false)).toBe(277);
    expect(room('abc', true)).toBe(557);
    // Digits and signs are of no script.
    expect(room('12', true)).toBe(279);
  });

  it('ends where the desk’s limit ends', () => {
    expect(room('ж'.repeat(280), true)).toBe(0);
    expect(room('ж'.repeat(281), true)).toBe(-1);
    expect(room('x'.repeat(560), true)).toBe(0);
    expect(room('x'.repeat(561), true)).toBe(-1);
    expect(room(`${'ж'.repeat(279)}ab1`, true)).toBeLessThan(0);
    expect(room(`  ${'ж'.repeat(280)}\n`, true)).toBe(0);
  });
});

describe('addresses', () => {
  it('reads the address of the place and of a cell, and nothing else', () => {
    expect(cellsAddress('#cells')).toEqual({ cell: undefined });
    expect(cellsAddress('#cells/3')).toEqual({ cell: 3 });
    for (const other of ['', '#3', '#cells/', '#cells/0', '#cells/x', '#cells/3/4', '#cells/99999999999'])
      expect(cellsAddress(other)).toBeUndefined();
  });
});
