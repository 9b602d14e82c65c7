import { describe, expect, it } from 'vitest';
import form from '../../data/forms/civil-protection.json';
import { iconNames, kindIcon } from './icons';

describe('icons', () => {
  it('are there for every kind of the form, each its own', () => {
    const wanted = form.kinds.map((kind) => kind.icon).sort();
    expect(iconNames()).toEqual(wanted);
    expect(new Set(wanted.map(kindIcon)).size).toBe(wanted.length);
  });

  it('take the colour of the text and run no code', () => {
    for (const name of iconNames()) {
      expect(kindIcon(name)).toContain('stroke="currentColor"');
      expect(kindIcon(name)).toContain('viewBox="0 0 24 24"');
      expect(kindIcon(name)).not.toMatch(/<script|\son\w+=|href|style=|#[0-9a-f]{3}/i);
    }
  });

  it('have a plain mark for kinds of a newer form', () => {
    expect(kindIcon('no_such_kind')).toContain('<svg');
  });
});
