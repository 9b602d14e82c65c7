import { expect, test } from 'vitest';
import { square } from './square';

const code = '5F2C9A41D07BE83366109E';

test('a square is an invite, with passes or without', () => {
  expect(square(`LAPWING:${code}`)).toEqual({ invite: `LAPWING:${code}`, passes: undefined });
  expect(square(`LAPWING:${code}:00FF`)).toEqual({ invite: `LAPWING:${code}`, passes: '00FF' });
  // Of something else: shown as it is, so that the person sees what was read.
  expect(square('https://example.org')).toEqual({ invite: 'https://example.org', passes: undefined });
});
