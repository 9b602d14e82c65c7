import { describe, expect, it } from 'vitest';
import { count, faults, fill, firstLanguage, say } from './i18n';

describe('words', () => {
  it('fills what it is given and leaves the rest to be seen', () => {
    expect(fill('{n} of {all}', { n: 3, all: 0 })).toBe('3 of 0');
    expect(fill('{n} of {all}', { n: 3 })).toBe('3 of {all}');
  });

  it('shows the key where there are no words', () => {
    expect(say({}, 'no.such')).toBe('no.such');
  });

  it('counts as Ukrainian counts', () => {
    const words = {
      'p.one': '{n} людина',
      'p.few': '{n} людини',
      'p.many': '{n} людей',
      'p.other': '{n} людини',
    };
    expect([1, 2, 5, 11, 21, 22, 25].map((n) => count(words, 'uk', 'p', n).replace('\u00a0', ' '))).toEqual([
      '1 людина',
      '2 людини',
      '5 людей',
      '11 людей',
      '21 людина',
      '22 людини',
      '25 людей',
    ]);
  });

  it('takes the kept language, else the browser’s, else Ukrainian', () => {
    expect(firstLanguage('en', ['uk'])).toBe('en');
    expect(firstLanguage('xx', ['de-DE', 'en-US'])).toBe('en');
    expect(firstLanguage(null, ['ru-RU', 'en'])).toBe('uk');
    expect(firstLanguage(null, ['fr'])).toBe('uk');
  });

  it('finds what is missing, empty, uncounted or filled differently', () => {
    expect(faults({ a: 'A', b: 'B {n}' }, { a: ' ', c: 'C' })).toEqual([
      'en: no c',
      'uk: no b',
      'uk: a is empty',
    ]);
    expect(faults({ b: 'B {n}' }, { b: 'Б {m}' })).toEqual(['b: names to fill differ']);
    expect(faults({ 'p.one': '{n}', 'p.other': '{n}' }, { 'p.one': '{n}', 'p.other': '{n}' })).toEqual([
      'uk: no p.few',
      'uk: no p.many',
    ]);
  });
});
