import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { geo } from './build/geo.js';
import { worker } from './build/worker.js';
import { config } from './dev/config.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  plugins: [svelte(), geo(), worker(), config()],
  resolve: { alias: { $shared: path('../shared') } },
  build: {
    target: 'es2022',
    // No file is put into another as a data: address, so that the page runs under a strict content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  server: { fs: { allow: [path('../..')] } },
  test: { include: ['src/**/*.test.ts', '../shared/passes/*.test.ts'] },
});
