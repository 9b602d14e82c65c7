/** `virtual:core`: the hashes of what the script loads, so that it takes nothing else. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(`../../witness/src/${name}`, import.meta.url));
const CORE = file('core/lapwing_core_bg.wasm');
const PASS = file('core-pass/lapwing_pass_bg.wasm');

/** As browsers want it in `integrity`. */
export function integrity(bytes) {
  return `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
}

const hash = (path) => JSON.stringify(integrity(readFileSync(path)));

export function core() {
  return {
    name: 'lapwing-core',
    resolveId: (id) => (id === 'virtual:core' ? '\0virtual:core' : undefined),
    load: (id) =>
      id === '\0virtual:core'
        ? `export const CORE = ${hash(CORE)};\nexport const PASS = ${hash(PASS)};`
        : undefined,
  };
}
