import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { core } from './build/core.js';
import { host } from './build/host.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  plugins: [core(), host()],
  // Beside itself, wherever a host puts it.
  base: './',
  resolve: { alias: { $shared: path('../shared'), $witness: path('../witness/src') } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: path('src/embed.ts'),
      output: { entryFileNames: 'embed.js', assetFileNames: '[name]-[hash][extname]', codeSplitting: false },
    },
  },
  test: { include: ['src/**/*.test.ts', 'build/*.test.js', '../shared/cover/*.test.ts'] },
});
