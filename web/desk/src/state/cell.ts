/** What a coordinator has to see first, and what fits into a message. Pure. */
import type { MemberView } from '../api/types';

const DAY = 86_400;

/** A witness of whom nothing has come for so long is shown as silent. */
export const SILENT_AFTER: readonly number[] = [DAY, 2 * DAY, 3 * DAY, 7 * DAY];
export const SILENT_FIRST = 2 * DAY;
/** How long an invite may hold. */
export const HOLDS: readonly number[] = [DAY, 3 * DAY, 7 * DAY, 30 * DAY];
/** Limits of the desk, in bytes of UTF-8, and of a passphrase in characters. */
export const MESSAGE_MAX = 560;
export const NAME_MAX = 120;
export const PASSPHRASE_MIN = 8;

/** When the desk last had a sign of a witness: they joined, their phone checked in, they wrote. */
export function lastSign(member: MemberView): number {
  const wrote = member.talk.findLast((line) => line.by === 'witness')?.at ?? 0;
  return Math.max(member.joined, member.check_in ?? 0, wrote);
}

/** Who is in a cell: its witnesses, what they show when they are forced to, and whose phones were cut off. */
export function sorted(members: readonly MemberView[]) {
  const ended = members.filter(({ cut_off }) => cut_off !== null);
  const here = members.filter(({ cut_off }) => cut_off === null);
  return {
    witnesses: here.filter(({ duress_of }) => duress_of === null),
    decoys: here.filter(({ duress_of }) => duress_of !== null),
    ended,
  };
}

/** The decoys as which somebody speaks, the latest first. */
export function underDuress(members: readonly MemberView[]): readonly MemberView[] {
  return members
    .filter(({ duress_since }) => duress_since !== null)
    .sort((a, b) => (b.duress_since ?? 0) - (a.duress_since ?? 0));
}

export interface Standing {
  /** For how many seconds nothing has come, if that is long. */
  silent: number | undefined;
  /** Says that they are not well, or was forced to open the app. */
  unwell: boolean;
  /** The last word is theirs. */
  unanswered: boolean;
}

export function standing(member: MemberView, now: number, silentAfter: number): Standing {
  // A decoy is silent until it is needed, and a phone that was cut off is not waited for.
  const awaited = member.duress_of === null && member.cut_off === null;
  const quiet = awaited ? now - lastSign(member) : 0;
  return {
    silent: quiet >= silentAfter ? quiet : undefined,
    unwell: member.well === false,
    unanswered: member.talk.at(-1)?.by === 'witness',
  };
}

/** The silent first, the longest at the top; then those not well, then the unanswered, then the rest as they joined. */
export function byNeed(
  members: readonly MemberView[],
  now: number,
  silentAfter: number,
): readonly { member: MemberView; is: Standing }[] {
  const rank = ({ silent, unwell, unanswered }: Standing) =>
    silent !== undefined ? 0 : unwell ? 1 : unanswered ? 2 : 3;
  return members
    .map((member) => ({ member, is: standing(member, now, silentAfter) }))
    .sort((a, b) => rank(a.is) - rank(b.is) || (b.is.silent ?? 0) - (a.is.silent ?? 0));
}

/** How many bytes a text takes on the way. */
export function bytes(text: string): number {
  return new TextEncoder().encode(text.trim()).length;
}

/** How many more letters fit, in the script that is written: a Cyrillic letter takes two bytes. Below 0: too many. */
export function room(text: string, cyrillic: boolean): number {
  const left = MESSAGE_MAX - bytes(text);
  const cyrillicLetters = text.match(/\p{Script=Cyrillic}/gu)?.length ?? 0;
  const latinLetters = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  const two = cyrillicLetters + latinLetters === 0 ? cyrillic : cyrillicLetters >= latinLetters;
  return Math.floor(left / (two ? 2 : 1));
}

/** `#cells`, `#cells/3`; `undefined` for an address of another place. */
export function cellsAddress(hash: string): { cell: number | undefined } | undefined {
  const found = /^#cells(?:\/([1-9]\d{0,9}))?$/.exec(hash);
  if (!found) return undefined;
  return { cell: found[1] === undefined ? undefined : Number(found[1]) };
}
