import { describe, expect, test } from 'vitest';
import type { CallsApi } from '../api/client';
import { Refusal } from '../api/client';
import type { CallReport, CallView } from '../api/types';
import { Call, MISSING } from './call.svelte';
import { complete, fold } from './typing';

const LIST = ['сосна', 'сосиска', 'місто', 'міст', "м'ята", 'їжак'];

function line(report?: CallReport) {
  const heard: string[][] = [];
  const view = (words: readonly string[]): CallView => ({
    places: words.map((word) => ({ word, state: 'said', offers: [] })),
    code: words.length < 10 ? 'short' : 'whole',
    mended: null,
    slip: null,
    report: words.length === 14 && report ? report : null,
  });
  const api: CallsApi = {
    begin: () => Promise.resolve({ call: 'one' }),
    list: () => Promise.resolve(LIST),
    hear: (_name, _language, words) => {
      heard.push([...words]);
      return Promise.resolve(view(words));
    },
  };
  return { api, heard };
}

describe('typing', () => {
  test('offers words from three letters on, the shortest first, in either alphabet and without apostrophes', () => {
    expect(complete('мі', LIST, 'uk', 6)).toEqual([]);
    expect(complete('міс', LIST, 'uk', 6)).toEqual(['міст', 'місто']);
    expect(complete('СОС', LIST, 'uk', 6)).toEqual(['сосна', 'сосиска']);
    expect(complete('cоc', LIST, 'uk', 1)).toEqual(['сосна']);
    expect(complete('мят', LIST, 'uk', 6)).toEqual(["м'ята"]);
    expect(fold('Їжа́к', 'uk').startsWith(fold('иж', 'uk'))).toBe(true);
  });
});

describe('a call', () => {
  test('sends all words each time, and stands for what was not understood', async () => {
    const { api, heard } = line();
    const call = new Call(api);
    await call.begin('uk');
    await call.say('сосна');
    await call.say('');
    await call.insert(1);
    await call.change(1, 'міст');
    await call.doubt(1);
    await call.doubt(1);
    await call.remove(2);
    expect(heard.at(-1)).toEqual(['сосна', 'міст']);
    expect(heard[1]).toEqual(['сосна', MISSING]);
    expect(heard[4]).toEqual(['сосна', 'міст?', MISSING]);
    expect(call.left).toBe(12);
  });

  test('keeps what was typed before the desk had answered', async () => {
    const { api, heard } = line();
    const call = new Call(api);
    const beginning = call.begin('uk');
    await call.say('сосна');
    expect(heard).toEqual([]);
    await beginning;
    expect(heard).toEqual([['сосна']]);
  });

  test('keeps a report in sight whatever is typed behind it, and says what went wrong', async () => {
    const report = { answer: ['міст', 'їжак'], drill: false, duress: false } as unknown as CallReport;
    const { api } = line(report);
    const call = new Call(api);
    await call.begin('uk');
    for (let n = 0; n < 14; n++) await call.say('сосна');
    expect(call.view?.report).toBe(report);
    await call.say('їжак');
    expect(call.view?.report).toBe(report);
    api.hear = () => Promise.reject(new Refusal('unreachable', 0, undefined, undefined));
    await call.say('міст');
    expect(call.problem).toBe('unreachable');
    expect(call.view?.report).toBe(report);
    await call.say('one too many');
    expect(call.words).toHaveLength(16);
    await call.begin('en');
    expect(call.view).toBeUndefined();
  });
});
