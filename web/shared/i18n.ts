/**
 * Words in two languages. Each app keeps `en.ts` and `uk.ts` with the same keys; a key with forms (`people.one`,
 * `people.few`, …) is asked for by its stem and a number. `{name}` in a text is filled in.
 */
export type Language = 'uk' | 'en';

export const LANGUAGES: readonly Language[] = ['uk', 'en'];

export type Words = Readonly<Record<string, string>>;
export type Values = Readonly<Record<string, string | number>>;

const rules: Record<Language, Intl.PluralRules> = {
  uk: new Intl.PluralRules('uk'),
  en: new Intl.PluralRules('en'),
};

/** Fills `{name}` from `values`; a name without a value stays, so that the fault is seen. */
export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value);
  });
}

/** The text of a key; the key itself when there is none, so that the fault is seen. */
export function say(words: Words, key: string, values?: Values): string {
  return fill(words[key] ?? key, values);
}

/** The text of a counted thing: `STEM.one`, `STEM.few`, `STEM.many` or `STEM.other`, with `{n}` filled in. */
export function count(words: Words, language: Language, stem: string, n: number, shown = String(n)): string {
  const form = rules[language].select(n);
  const text = words[`${stem}.${form}`] ?? words[`${stem}.other`] ?? stem;
  // A number is not left behind at the end of a line.
  return fill(text.replace('{n} ', '{n}\u00a0'), { n: shown });
}

/** The language to begin with: the kept choice, else the browser's, else Ukrainian. */
export function firstLanguage(kept: string | null, browser: readonly string[]): Language {
  if (kept === 'uk' || kept === 'en') return kept;
  for (const tag of browser) {
    const short = tag.slice(0, 2).toLowerCase();
    // Most who read Russian in the region read Ukrainian better than English.
    if (short === 'uk' || short === 'ru') return 'uk';
    if (short === 'en') return 'en';
  }
  return 'uk';
}

/** What is wrong with two sets of words: keys missing or empty, names to fill that differ. */
export function faults(en: Words, uk: Words): string[] {
  const found: string[] = [];
  const stems = new Set<string>();
  const form = /\.(one|few|many|other)$/;
  for (const key of [...Object.keys(en), ...Object.keys(uk)])
    if (form.test(key)) stems.add(key.replace(form, ''));
  const plural = (key: string) => stems.has(key.replace(form, ''));
  for (const [language, words, other] of [
    ['en', en, uk],
    ['uk', uk, en],
  ] as const) {
    for (const key of Object.keys(other))
      if (!plural(key) && !(key in words)) found.push(`${language}: no ${key}`);
    for (const [key, text] of Object.entries(words)) {
      if (text.trim() === '') found.push(`${language}: ${key} is empty`);
    }
    for (const stem of stems) {
      for (const need of rules[language].resolvedOptions().pluralCategories) {
        if (!(`${stem}.${need}` in words)) found.push(`${language}: no ${stem}.${need}`);
      }
    }
  }
  const names = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join(' ');
  for (const [key, text] of Object.entries(en)) {
    const across = uk[key];
    if (across !== undefined && names(text) !== names(across)) found.push(`${key}: names to fill differ`);
  }
  return found;
}
