/** Reads an invite as it was typed. The two lists of words are loaded when this is: most phones never need them. */
import init, { invite } from '../core-words/lapwing_words';
import wasm from '../core-words/lapwing_words_bg.wasm?url';

/** Its code, 22 hex digits. Throws the name of what is to be mended. */
export async function read(typed: string): Promise<string> {
  await init({ module_or_path: wasm });
  return invite(typed);
}
