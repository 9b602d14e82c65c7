import { faults } from '$shared/i18n';
import { expect, test } from 'vitest';
import { en } from './en';
import { uk } from './uk';

test('both languages have the same keys, none empty, with the same names to fill', () => {
  expect(faults(en, uk)).toEqual([]);
});

test('a missing key, an empty text and a lost name are found', () => {
  const wrong: Record<string, string> = { ...uk, back: ' ', 'send.what': '{kind}' };
  delete wrong.close;
  expect(faults(en, wrong).sort()).toEqual([
    'send.what: names to fill differ',
    'uk: back is empty',
    'uk: no close',
  ]);
});
