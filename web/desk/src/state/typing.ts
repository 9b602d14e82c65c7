/** What is typed of a word while somebody says it. Pure; the desk itself reads it more exactly. */

/** From so many letters on, words are offered. */
export const LEAST = 3;

const SAME: Record<string, string> = {
  a: 'а', b: 'ь', c: 'с', e: 'е', h: 'н', i: 'и', k: 'к', m: 'м', o: 'о', p: 'р', t: 'т', x: 'х', y: 'у',
  є: 'е', э: 'е', ё: 'е', і: 'и', ї: 'и', й: 'и', ы: 'и', ґ: 'г', ъ: '',
}; // prettier-ignore

/** The letters that are compared: those that people mix up, or do not find on their keyboard, count as the same. */
export function fold(text: string, language: string): string {
  const bare = text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s'’‘ʼ`´′.,;:!?"«»()-]/gu, '');
  return language === 'uk' ? bare.replace(/./gu, (letter) => SAME[letter] ?? letter) : bare;
}

/** Words of the list that begin so, the whole word first; none before three letters. */
export function complete(text: string, list: readonly string[], language: string, most: number): string[] {
  const begun = fold(text, language);
  if (begun.length < LEAST) return [];
  const found = list.filter((word) => fold(word, language).startsWith(begun));
  return found.sort((one, other) => one.length - other.length).slice(0, most);
}
