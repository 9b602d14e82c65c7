/** The kinds that can be reported, as the app needs them. */
import bundled from 'virtual:kinds';

export interface Texts {
  uk: string;
  en: string;
}

export interface Kind {
  code: number;
  name: string;
  icon: string;
  label: Texts;
  /** Edge of the grid that places of this kind are rounded to, metres. */
  precision_m: number;
  /** What a count counts; `null`: none is asked for. */
  count: 'objects' | 'people' | 'vehicles' | null;
  heading: boolean;
  /** How long a report of this kind is news, seconds. */
  slot_s: number;
  cap: { urgency: string; severity: string } | null;
}

/** A sentence that can be said in place of a note. */
export interface Phrase {
  code: number;
  text: Texts;
}

/** Shown until a desk's own form is known. */
export const DEFAULT_KINDS: readonly Kind[] = bundled;

/** The kinds of a form that the core has checked. */
export function kindsOf(form: string): Kind[] {
  return (JSON.parse(form) as { kinds: Kind[] }).kinds;
}

/** The phrases of a form that the core has checked. */
export function phrasesOf(form: string): Phrase[] {
  return (JSON.parse(form) as { phrases?: Phrase[] }).phrases ?? [];
}

const SEVERITY = ['Extreme', 'Severe', 'Moderate', 'Minor'];
const NEWS_S = 300;

/** Most urgent first: what kills, of that what passes quickly, and hurt people among it; else as the form has them. */
export function byUrgency(kinds: readonly Kind[]): Kind[] {
  const rank = (kind: Kind) => {
    const passing = kind.slot_s <= NEWS_S;
    // Kinds that never warn carry no severity; people who are hurt now weigh as much as what hurt them.
    const severity = kind.cap
      ? SEVERITY.indexOf(kind.cap.severity)
      : kind.count === 'people' && passing
        ? 1
        : 4;
    return (severity < 0 ? 4 : severity) * 2 + (passing ? 0 : 1);
  };
  return kinds
    .map((kind) => ({ kind, rank: rank(kind) }))
    .sort((a, b) => a.rank - b.rank || a.kind.code - b.kind.code)
    .map(({ kind }) => kind);
}
