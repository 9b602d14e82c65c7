import { describe, expect, test } from 'vitest';
import { inForce, type Warning, wordsOf } from './bulletin';
import { asConfig } from './config';
import { begin, lettersLeft, noteLeft, toCore, WHENS } from './draft';
import { byUrgency, DEFAULT_KINDS } from './form';

const kind = (name: string) => {
  const found = DEFAULT_KINDS.find((one) => one.name === name);
  if (!found) throw new Error(`no kind ${name}`);
  return found;
};

describe('the first screen', () => {
  const order = byUrgency(DEFAULT_KINDS).map((one) => one.name);

  test('begins with what kills and passes quickly', () => {
    expect(order.slice(0, 3)).toEqual(['missile', 'drone', 'aircraft']);
    expect(order.slice(0, 11)).toContain('mines');
    expect(order.slice(0, 12)).toContain('injured');
  });

  test('leaves nothing out', () => {
    expect([...order].sort()).toEqual(DEFAULT_KINDS.map((one) => one.name).sort());
  });
});

describe('a draft', () => {
  const spot = { lat: 48, lon: 37.5, off: 1234.4 };

  test('says now by default, counted from when the screen was opened', () => {
    expect(JSON.parse(toCore(begin(kind('shelling'), spot, 1_790_000_000)))).toMatchObject({
      kind: 2,
      off_m: 1234,
      seen: 1_790_000_000,
      seen_off_s: 60,
      known: 'seen',
    });
  });

  test('drops what its kind does not ask for', () => {
    const draft = { ...begin(kind('fire'), spot, 1_790_000_000), count: 3, heading: 2, note: '  ' };
    expect(JSON.parse(toCore(draft))).toMatchObject({ count: null, heading: null, note: '' });
    const moving = { ...draft, kind: kind('forces_moving') };
    expect(JSON.parse(toCore(moving))).toMatchObject({ count: 3, heading: 2 });
  });

  test('is less sure of the time the longer ago it was', () => {
    const offs = WHENS.map((when) => when.off_s);
    expect(offs).toEqual([...offs].sort((a, b) => a - b));
    for (const when of WHENS.slice(1)) expect(when.off_s).toBeLessThan(when.minutes * 60);
  });

  test('counts the note in letters of its script', () => {
    expect(lettersLeft('')).toBe(280);
    expect(lettersLeft('ї'.repeat(280))).toBe(0);
    expect(noteLeft('ї'.repeat(281))).toBe(-2);
    expect(lettersLeft('a'.repeat(100))).toBe(460);
  });
});

describe('warnings', () => {
  const warning = (id: string, more: Partial<Warning> = {}): Warning => ({
    id, kind: 2, active: true, sent: 100, expires: 1_000, severity: 'Severe', urgency: 'Immediate',
    lat: 48, lon: 37, radius_m: 1_000, texts: {}, ...more,
  }); // prettier-ignore

  test('hold until they expire or are called off, the gravest first, then the newest', () => {
    const list = [
      warning('old'),
      warning('new', { sent: 200 }),
      warning('grave', { severity: 'Extreme', sent: 50 }),
      warning('over', { expires: 500 }),
      warning('off', { active: false }),
      warning('odd', { severity: 'Unheard-of', sent: 300 }),
    ];
    expect(inForce(list, 500).map(({ id }) => id)).toEqual(['grave', 'new', 'old', 'odd']);
  });

  test('speak another language rather than not at all', () => {
    const words = { headline: 'Обстріл', description: '', instruction: '', area: '' };
    expect(wordsOf(warning('w', { texts: { uk: words } }), 'en')).toEqual({ words, language: 'uk' });
    expect(wordsOf(warning('w'), 'en')).toBeUndefined();
  });
});

describe('the configuration', () => {
  const good = {
    root_key: 'AB'.repeat(32),
    relays: ['https://relay.example/'],
    region: [22, 44, 40.3, 52.5],
  };

  test('is read, its addresses without a closing stroke', () => {
    expect(asConfig(good)).toEqual({
      root_key: 'ab'.repeat(32),
      relays: ['https://relay.example'],
      region: good.region,
      tick_ms: 300_000,
    });
    expect(asConfig({ ...good, tick_s: 2 })?.tick_ms).toBe(2_000);
  });

  test('cannot name another desk than the one baked in', () => {
    expect(asConfig(good, 'cd'.repeat(32))?.root_key).toBe('cd'.repeat(32));
  });

  test.each([
    null,
    {},
    { ...good, root_key: 'ab' },
    { ...good, relays: [] },
    { ...good, relays: ['javascript:alert(1)'] },
    { ...good, relays: ['https://'] },
    { ...good, region: [22, 44, 40.3] },
    { ...good, region: [40.3, 44, 22, 52.5] },
    { ...good, region: [22, 44, 40.3, null] },
    { ...good, tick_s: 0 },
    { ...good, tick_s: '300' },
  ])('is refused: %j', (value) => expect(asConfig(value)).toBeUndefined());
});
