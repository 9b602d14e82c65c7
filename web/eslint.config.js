// Used from the root of the repository (`npm run lint:code`), so that it covers e2e/ as well.
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      '**/dist/**',
      'web/*/public/**',
      // Generated from Rust.
      'web/witness/src/core/**',
      'web/witness/src/core-vault/**',
      'web/witness/src/core-words/**',
      'web/witness/src/core-pass/**',
      'web/witness/src/core-scan/**',
      'web/witness/src/core-courier/**',
      'web/desk/src/api/types/**',
    ],
  },
  tseslint.configs.strict,
  svelte.configs['flat/recommended'],
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': ['error', { allow: ['warn', 'error'] }],
      // Text from a report must stay text.
      'svelte/no-at-html-tags': 'error',
      // It takes the reason that follows the name of a warning for more names; svelte-check looks after these.
      'svelte/no-unused-svelte-ignore': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  {
    files: ['e2e/**', '**/dev/**', '**/*.test.*'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
