/** The language and the look that the person chose, kept in the browser; neither says anything about anybody. */
import { ago, distance, number, percent, span, time } from '$shared/format';
import { count, firstLanguage, type Language, say, type Values } from '$shared/i18n';
import { en } from '../words/en';
import { uk } from '../words/uk';
import { keep, kept } from './kept';

export type Theme = 'auto' | 'light' | 'dark';
export type Key = keyof typeof en;

const WORDS = { uk, en };

class Tongue {
  language = $state<Language>(firstLanguage(kept('language'), navigator.languages));
  theme = $state<Theme>(asTheme(kept('theme')));
  #dark = matchMedia('(prefers-color-scheme: dark)');
  #systemDark = $state(this.#dark.matches);
  readonly dark = $derived(this.theme === 'dark' || (this.theme === 'auto' && this.#systemDark));

  constructor() {
    this.#dark.addEventListener('change', (event) => {
      this.#systemDark = event.matches;
    });
    this.#show();
  }

  speak(language: Language): void {
    this.language = language;
    keep('language', language);
    this.#show();
  }

  look(theme: Theme): void {
    this.theme = theme;
    keep('theme', theme);
    this.#show();
  }

  #show(): void {
    const root = document.documentElement;
    root.lang = this.language;
    if (this.theme === 'auto') delete root.dataset.theme;
    else root.dataset.theme = this.theme;
    document.title = this.say('title');
  }

  say(key: Key, values?: Values): string {
    return say(WORDS[this.language], key, values);
  }

  /** A key that is put together from a value of the server's: `undefined` where there are no words for it. */
  maybe(key: string, values?: Values): string | undefined {
    return key in WORDS[this.language] ? say(WORDS[this.language], key, values) : undefined;
  }

  count(stem: Stem, n: number): string {
    return count(WORDS[this.language], this.language, stem, n, number(this.language, n));
  }

  number = (value: number) => number(this.language, value);
  percent = (share: number) => percent(this.language, share);
  distance = (metres: number) => distance(this.language, metres);
  span = (seconds: number) => span(this.language, seconds);
  ago = (then: number, now: number) => ago(this.language, then, now);
  time = (at: number, now: number) => time(this.language, at, now);
}

/** Stems of counted things. */
export type Stem = Key extends infer K ? (K extends `${infer S}.other` ? S : never) : never;

function asTheme(value: string | null): Theme {
  return value === 'light' || value === 'dark' ? value : 'auto';
}

export const tongue = new Tongue();
