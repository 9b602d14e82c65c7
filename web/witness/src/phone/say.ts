/** The words of a whisper. The lists are loaded when they are wanted. */
import type { Language } from '$shared/i18n';
import init, { whisper } from '../core-words/lapwing_words';
import wasm from '../core-words/lapwing_words_bg.wasm?url';

export interface Spoken {
  words: string[];
  /** By which the desk shows that it heard them. */
  answer: string[];
  /** How they look as a text message. */
  texts: { style: 'plain' | 'latin' | 'errand'; text: string; parts: number }[];
}

/** `bits` and `answer` as the core gives them. */
export async function spoken(bits: string, answer: readonly number[], language: Language): Promise<Spoken> {
  await init({ module_or_path: wasm });
  return JSON.parse(whisper(bits, Uint16Array.from(answer), language)) as Spoken;
}
