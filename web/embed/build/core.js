/** `virtual:core`: the hash of the WebAssembly core, so that the script takes no other. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../../witness/src/core/lapwing_core_bg.wasm', import.meta.url));

/** As browsers want it in `integrity`. */
export function integrity(bytes) {
  return `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
}

export function core() {
  return {
    name: 'lapwing-core',
    resolveId: (id) => (id === 'virtual:core' ? '\0virtual:core' : undefined),
    load: (id) =>
      id === '\0virtual:core'
        ? `export const INTEGRITY = ${JSON.stringify(integrity(readFileSync(file)))};`
        : undefined,
  };
}
