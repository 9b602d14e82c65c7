/**
 * Builds the service worker after the app, so that it knows every file of the app and a version that changes with
 * any of them.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const entry = fileURLToPath(new URL('../src/sw/worker.ts', import.meta.url));

/** The content policy of the page itself, for hosts that set no headers. `connect-src` is open: relays are configured. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' http: https:",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export function worker() {
  let out = '';
  return {
    name: 'lapwing-worker',
    apply: 'build',
    configResolved(config) {
      out = config.build.outDir;
    },
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        injectTo: 'head-prepend',
      },
    ],
    async writeBundle(options, bundle) {
      const folder = options.dir ?? out;
      const made = Object.keys(bundle).filter((name) => !name.startsWith('manifest.'));
      const still = readdirSync(fileURLToPath(new URL('../public', import.meta.url)));
      const files = [...new Set([...made, ...still])].sort();
      const version = createHash('sha256');
      for (const file of files) version.update(file).update(readFileSync(join(folder, file)));
      version.update(readFileSync(entry));
      await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        define: {
          __FILES__: JSON.stringify(files.map((file) => (file === 'index.html' ? '/' : `/${file}`))),
          __VERSION__: JSON.stringify(version.digest('hex').slice(0, 16)),
        },
        build: {
          target: 'es2022',
          outDir: folder,
          emptyOutDir: false,
          rollupOptions: { input: entry, output: { format: 'iife', entryFileNames: 'sw.js' } },
        },
      });
    },
  };
}
