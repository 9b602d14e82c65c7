/** Saying a report in fourteen words. All of it is in memory, and gone once it is said. */
import { refusal } from '../phone/core';
import { type Draft, toCore } from '../phone/draft';
import type { Spoken } from '../phone/say';
import { desk } from './desk.svelte';
import { tongue } from './tongue.svelte';

/** What of a report words have no room for. */
export type Misfit =
  'kind' | 'place' | 'old' | 'ahead' | 'note' | 'danger' | 'count' | 'heading' | 'phrase' | 'rest';

/** Fourteen words in lines of four or five. */
const LINES = [5, 5, 4];

export class Say {
  draft = $state.raw<Draft>() as Draft;
  /** A sentence of the form in place of a note. */
  phrase = $state<number | undefined>();
  misfits = $state.raw<readonly Misfit[]>([]);
  spoken = $state.raw<Spoken | undefined>();
  /** Name of what went wrong. */
  wrong = $state<string | undefined>();
  busy = $state(false);
  readonly lines = $derived.by(() => {
    const words = this.spoken?.words ?? [];
    let from = 0;
    return LINES.map((length) => words.slice(from, (from += length)));
  });

  constructor(draft: Draft) {
    this.draft = draft;
  }

  /** What does not fit, after each change. */
  look(): Promise<void> {
    return this.#work(async () => {
      await desk.as(async (phone) => {
        this.misfits = JSON.parse(phone.misfits(toCore(this.draft), this.phrase, clock())) as Misfit[];
      });
    });
  }

  /** Leaves out what words cannot say, as far as it can be left out. */
  async leaveOut(misfit: Misfit): Promise<void> {
    const without: Partial<Draft> =
      misfit === 'note' ? { note: '' } : misfit === 'danger' ? { danger: 'none' } : {};
    this.draft = { ...this.draft, ...without };
    await this.look();
  }

  /** Makes the words. The step by which they are sealed is used up and kept before any of them is shown. */
  async make(drill: boolean, duress: boolean): Promise<void> {
    await this.#work(async () => {
      const { spoken } = await import('../phone/say');
      const said = await desk.as(async (phone, keep) => {
        const made = phone.whisper(toCore(this.draft), this.phrase, drill, duress, clock());
        await keep();
        return JSON.parse(made) as { bits: string; answer: number[] };
      });
      this.spoken = await spoken(said.bits, said.answer, tongue.language);
    });
  }

  /** Nothing of it stays. */
  forget(): void {
    hush();
    this.spoken = undefined;
  }

  async #work(run: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.wrong = undefined;
    try {
      await run();
    } catch (why) {
      this.wrong = refusal(why);
    } finally {
      this.busy = false;
    }
  }
}

/** Whether this phone can speak the language by itself, without a network that would hear it. */
export function canSpeak(language: string): boolean {
  return voice(language) !== undefined;
}

/** Speaks words softly, one after another. */
export function speak(words: readonly string[], language: string): void {
  hush();
  for (const word of words) {
    const said = new SpeechSynthesisUtterance(word);
    said.voice = voice(language) ?? null;
    said.lang = language;
    said.volume = 0.4;
    said.rate = 0.8;
    speechSynthesis.speak(said);
  }
}

export function hush(): void {
  if ('speechSynthesis' in globalThis) speechSynthesis.cancel();
}

function voice(language: string): SpeechSynthesisVoice | undefined {
  if (!('speechSynthesis' in globalThis)) return undefined;
  const voices = speechSynthesis.getVoices();
  return voices.find((one) => one.localService && one.lang.toLowerCase().startsWith(language));
}

function clock(): number {
  return Math.floor(Date.now() / 1000);
}
