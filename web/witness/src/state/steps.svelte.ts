/**
 * Which screen is shown. The phone's own back button goes one screen back; the address never changes. The browser writes
 * the state of its history to the phone: it holds a depth only, never which screen was looked at.
 */
import type { Kind } from '../phone/form';
import type { Draft, Spot } from '../phone/draft';
import type { View } from '../place/projection';

export type Screen =
  | 'home'
  | 'place'
  | 'send'
  | 'warnings'
  | 'about'
  | 'vault'
  | 'desk'
  | 'passes'
  | 'say'
  | 'practice'
  | 'carry';

class Steps {
  screen = $state<Screen>('home');
  kind = $state.raw<Kind | undefined>();
  spot = $state.raw<Spot | undefined>();
  /** What is to be said in words. */
  draft = $state.raw<Draft | undefined>();
  /** Of this session, in memory: where the map was, and the place last reported. */
  view = $state.raw<View | undefined>();
  last = $state.raw<Spot | undefined>();
  /** Whether another screen was shown before this one. */
  moved = false;
  #depth = 0;
  #screens: Screen[] = ['home'];

  constructor() {
    history.replaceState({ lapwing: 0 }, '');
    addEventListener('popstate', (event) => {
      const state = event.state as { lapwing?: number } | null;
      this.#depth = state?.lapwing ?? 0;
      const screen = this.#screens[this.#depth] ?? 'home';
      this.moved = true;
      // Forward to a screen whose report is gone already is no way.
      this.screen = this.#missing(screen) ? 'home' : screen;
    });
  }

  #missing(screen: Screen): boolean {
    if (screen === 'place') return !this.kind;
    if (screen === 'send') return !this.spot;
    return screen === 'say' && !this.draft;
  }

  go(screen: Screen): void {
    this.moved = true;
    this.#depth += 1;
    this.#screens = [...this.#screens.slice(0, this.#depth), screen];
    history.pushState({ lapwing: this.#depth }, '');
    this.screen = screen;
  }

  back(): void {
    if (this.#depth > 0) history.back();
    else this.screen = 'home';
  }

  /** To the first screen, whatever was put in forgotten. */
  home(): void {
    this.kind = undefined;
    this.spot = undefined;
    this.draft = undefined;
    const depth = this.#depth;
    if (depth > 0) history.go(-depth);
    this.screen = 'home';
  }

  choose(kind: Kind): void {
    this.kind = kind;
    this.go('place');
  }

  say(draft: Draft): void {
    this.draft = draft;
    this.go('say');
  }

  put(spot: Spot): void {
    this.spot = spot;
    this.last = spot;
    this.go('send');
  }
}

export const steps = new Steps();
