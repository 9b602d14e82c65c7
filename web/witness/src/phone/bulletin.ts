/** What the core tells of a bulletin that it has verified. Times are Unix seconds. */
import type { Language } from '$shared/i18n';
import type { Issuer } from '$shared/passes/fetch';

export interface WarningWords {
  headline: string;
  description: string;
  instruction: string;
  area: string;
}

export interface Warning {
  id: string;
  kind: number;
  active: boolean;
  sent: number;
  expires: number;
  severity: string;
  urgency: string;
  lat: number;
  lon: number;
  radius_m: number;
  texts: Partial<Record<string, WarningWords>>;
}

export interface Bulletin {
  number: number;
  issued: number;
  expires: number;
  /** Until when the app can seal without hearing from the desk; `null`: it cannot. */
  keys_until: number | null;
  /** West, south, east, north. */
  region: [number, number, number, number];
  warnings: Warning[];
  /** How many drops there are, if the desk makes any. */
  drops: { buckets: number } | null;
  /** Where passes are issued, if relays want any. */
  passes: Issuer | null;
}

const SEVERITY = ['Extreme', 'Severe', 'Moderate', 'Minor'];

function weight(severity: string): number {
  const at = SEVERITY.indexOf(severity);
  return at < 0 ? SEVERITY.length : at;
}

/** Warnings that hold now, the gravest and then the newest first. */
export function inForce(warnings: readonly Warning[], now: number): Warning[] {
  return warnings
    .filter((warning) => warning.active && warning.expires > now)
    .sort((a, b) => weight(a.severity) - weight(b.severity) || b.sent - a.sent || a.id.localeCompare(b.id));
}

/** The words in the language of the app, else in whichever there is: a warning is shown in any case. */
export function wordsOf(
  warning: Warning,
  language: Language,
): { words: WarningWords; language: string } | undefined {
  for (const tag of [language, ...Object.keys(warning.texts)]) {
    const words = warning.texts[tag];
    if (words) return { words, language: tag };
  }
  return undefined;
}
