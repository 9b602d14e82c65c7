/** The arithmetic of passes: loaded when some are fetched or come with an invite. */
import { bytesOf, type Issuer } from '$shared/passes/fetch';
import init, * as module from '../core-pass/lapwing_pass';
import wasm from '../core-pass/lapwing_pass_bg.wasm?url';

export async function arithmetic(): Promise<typeof module> {
  await init({ module_or_path: wasm });
  return module;
}

/** The passes of an invite's square that are signed by the bulletin's issuer, as the purse keeps them. */
export async function invited(digits: string, { keys }: Issuer): Promise<Uint8Array> {
  const { invited: read } = await arithmetic();
  const epochs = Uint32Array.from(keys, ({ epoch }) => epoch);
  return read(digits, epochs, bytesOf(keys.map(({ modulus }) => modulus).join('')));
}
