/** Derives one secret; the page ends this worker after it. */
import init, { secret } from '../../core-vault/lapwing_vault';
import wasm from '../../core-vault/lapwing_vault_bg.wasm?url';

addEventListener('message', async ({ data }: MessageEvent<{ passphrase: string; salt: Uint8Array }>) => {
  try {
    await init({ module_or_path: wasm });
    postMessage(secret(data.passphrase, data.salt));
  } catch (why) {
    postMessage(typeof why === 'string' ? why : 'derive');
  }
});
