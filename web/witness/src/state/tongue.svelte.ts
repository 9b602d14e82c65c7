/** The language and the look that the person chose, kept in the browser; neither says anything about anybody. */
import { ago, distance, number, span, time } from '$shared/format';
import { count, firstLanguage, type Language, say, type Values } from '$shared/i18n';
import { en } from '../words/en';
import { uk } from '../words/uk';

export type Theme = 'auto' | 'light' | 'dark';
export type Key = keyof typeof en;
/** Stems of counted things. */
export type Stem = Key extends infer K ? (K extends `${infer S}.other` ? S : never) : never;

const WORDS = { uk, en };

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage may be switched off; the choice then holds until the page is closed.
  }
}

class Tongue {
  language = $state<Language>(firstLanguage(kept('language'), navigator.languages));
  theme = $state<Theme>(asTheme(kept('theme')));

  constructor() {
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
  }

  say(key: Key, values?: Values): string {
    return say(WORDS[this.language], key, values);
  }

  count(stem: Stem, n: number): string {
    return count(WORDS[this.language], this.language, stem, n, number(this.language, n));
  }

  text = (texts: { uk: string; en: string }) => texts[this.language];
  /** Unit of a length on the scale bar. */
  unit = (metres: number) => this.say(metres >= 1000 ? 'unit.km' : 'unit.m');
  number = (value: number) => number(this.language, value);
  distance = (metres: number) => distance(this.language, metres);
  span = (seconds: number) => span(this.language, seconds);
  ago = (then: number, now: number) => ago(this.language, then, now);
  time = (at: number, now: number) => time(this.language, at, now);
}

function asTheme(value: string | null): Theme {
  return value === 'light' || value === 'dark' ? value : 'auto';
}

export const tongue = new Tongue();
