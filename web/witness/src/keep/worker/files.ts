/** The worker that has the two files in its hands: only a worker may write them in place. */
import init, { Vault } from '../../core-vault/lapwing_vault';
import wasm from '../../core-vault/lapwing_vault_bg.wasm?url';
import { type Files, Keeper } from '../keeper';
import type { Answer, Ask } from '../link';

/** Another tab has the file for a moment, or a page that is being closed still has it. */
const TRIES = 100;
const PAUSE_MS = 50;

const files: Files = {
  async use(name, run) {
    const root = await navigator.storage.getDirectory();
    const entry = await root.getFileHandle(name, { create: true });
    const handle = await take(entry);
    try {
      return run({
        size: () => handle.getSize(),
        read(at, length) {
          const bytes = new Uint8Array(length);
          return bytes.subarray(0, handle.read(bytes, { at }));
        },
        write(bytes, at) {
          if (handle.write(bytes as Uint8Array<ArrayBuffer>, { at }) !== bytes.length) throw 'full';
        },
        flush: () => handle.flush(),
      });
    } finally {
      handle.close();
    }
  },
};

async function take(entry: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  for (let tried = 1; ; tried++) {
    try {
      return await entry.createSyncAccessHandle();
    } catch (why) {
      const taken = why instanceof DOMException && why.name === 'NoModificationAllowedError';
      if (!taken || tried >= TRIES) throw why;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

const keeper = new Keeper(files, async () => {
  await init({ module_or_path: wasm });
  return Vault;
});

/** One after the other: two would have the file at the same time. */
let last: Promise<unknown> = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<Ask>) => {
  // Panic waits for nothing.
  if (data.call === 'burn') void answer(data);
  else last = last.then(() => answer(data));
});

async function answer({ id, call, given }: Ask): Promise<void> {
  let said: Answer;
  try {
    const run = keeper[call] as (...given: unknown[]) => Promise<unknown>;
    said = { id, value: await run.apply(keeper, given) };
  } catch (why) {
    said = { id, why: typeof why === 'string' ? why : 'files' };
  }
  postMessage(said);
}
