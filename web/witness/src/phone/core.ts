/** The Rust core: loaded after the first paint, asked for by everything that seals or checks. */
import type { Phone } from '../core/lapwing_core';
import wasm from '../core/lapwing_core_bg.wasm?url';

export type { Phone };
export type Core = Pick<typeof import('../core/lapwing_core'), 'Phone' | 'Schedule'>;

let loading: Promise<Core> | undefined;

/** Loads it once; a failed try (no connection, no memory) is not kept. */
export function core(): Promise<Core> {
  loading ??= load().catch((why: unknown) => {
    loading = undefined;
    throw why;
  });
  return loading;
}

async function load(): Promise<Core> {
  const module = await import('../core/lapwing_core');
  await module.default({ module_or_path: wasm });
  return module;
}

/** What the core throws: a stable short name. */
export function refusal(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : 'core';
}
