import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { mock } from './dev/mock.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// `npm run dev` shows the page against made-up, moving data; with LAPWING_DESK=http://127.0.0.1:PORT against a desk.
const desk = process.env.LAPWING_DESK;

export default defineConfig({
  plugins: [svelte(), ...(desk ? [] : [mock()])],
  resolve: { alias: { $shared: path('../shared') } },
  assetsInclude: ['**/*.csv', '**/*.geojson'],
  build: {
    target: 'es2022',
    // The map is a part of its own, loaded after the list; it cannot be made smaller here.
    chunkSizeWarningLimit: 1200,
    // No file is put into another as a data: address, so that the page runs under a strict content policy.
    assetsInlineLimit: 0,
  },
  server: {
    fs: { allow: [path('../..')] },
    ...(desk ? { proxy: { '/api': desk, '/map.pmtiles': desk } } : {}),
  },
  test: { include: ['src/**/*.test.ts', '../shared/**/*.test.ts'] },
});
