/**
 * Builds the service worker after the app, with the key of the release baked in, and signs the list of all files
 * (`release.js`): a build of a working copy by its own key; a release is signed afterwards, where its key is.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { buildKey, sign } from './release.js';

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
    async writeBundle(options) {
      const folder = options.dir ?? out;
      const { key, file } = buildKey();
      await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        define: { __RELEASE_KEY__: JSON.stringify(key) },
        build: {
          target: 'es2022',
          outDir: folder,
          emptyOutDir: false,
          rollupOptions: { input: entry, output: { format: 'iife', entryFileNames: 'sw.js' } },
        },
      });
      if (file) sign(folder, file);
    },
  };
}
