/** Looks for codes in pictures, one after the other. */
import init, { read } from '../core-scan/lapwing_scan';
import wasm from '../core-scan/lapwing_scan_bg.wasm?url';

const ready = init({ module_or_path: wasm });

addEventListener('message', async ({ data }: MessageEvent<{ grey: Uint8Array; width: number }>) => {
  await ready;
  postMessage(read(data.grey, data.width));
});
