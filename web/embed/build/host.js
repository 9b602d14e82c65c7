/**
 * After the script is built: prints its hash, keeps it as `integrity.txt`, and puts the page to try it on beside it,
 * once with the script and once without.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { integrity } from './core.js';

const pages = fileURLToPath(new URL('../host', import.meta.url));

/** What a page of a host holds. */
export function element(hash) {
  return [
    '<script type="module" src="/embed/embed.js" crossorigin="anonymous" referrerpolicy="no-referrer"',
    `integrity="${hash}" data-config="/embed.json"></script>`,
  ].join(' ');
}

export function host() {
  let out = '';
  return {
    name: 'lapwing-host',
    apply: 'build',
    configResolved(config) {
      out = config.build.outDir;
    },
    writeBundle(options) {
      const folder = options.dir ?? out;
      const hash = integrity(readFileSync(join(folder, 'embed.js')));
      writeFileSync(join(folder, 'integrity.txt'), `${hash}\n`);
      console.warn(`embed.js  ${hash}`);
      cpSync(pages, join(folder, 'host'), { recursive: true, filter: (file) => !file.endsWith('serve.js') });
      const page = readFileSync(join(pages, 'index.html'), 'utf8');
      const [before, after] = page.split('<!-- lapwing-embed -->');
      writeFileSync(join(folder, 'host/index.html'), before + element(hash) + after);
      writeFileSync(join(folder, 'host/plain.html'), before.trimEnd() + after);
    },
  };
}
