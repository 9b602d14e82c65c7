import { describe, expect, it } from 'vitest';
import { faults } from '$shared/i18n';
import { en } from './en';
import { uk } from './uk';

describe('the desk’s words', () => {
  it('are complete in both languages', () => {
    expect(faults(en, uk)).toEqual([]);
  });

  it('are Ukrainian where they should be', () => {
    const latin = Object.entries(uk).filter(
      ([key, text]) =>
        !/[а-щьюяєіїґ]/i.test(text) && !/^(list\.of|place\.|reports\.off|detail\.number)/.test(key),
    );
    expect(latin).toEqual([]);
  });
});
