/**
 * The signed list of the app's files, `manifest.sig` (format: `crates/wire`, `release.rs`). Called by the build, and by
 * hand through `cargo xtask release-key` and `cargo xtask release-sign`.
 */
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign as ed25519 } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MANIFEST = 'manifest.sig';
/** The key of this working copy, for builds that are no releases. */
export const OWN_KEY = fileURLToPath(new URL('../../../target/xtask/release.key', import.meta.url));
/** PKCS #8 around an Ed25519 secret (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function secret(file) {
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`${file} holds no key: 64 hex digits`);
  return createPrivateKey({
    key: Buffer.concat([PKCS8, Buffer.from(text, 'hex')]),
    format: 'der',
    type: 'pkcs8',
  });
}

/** The public half, in hex. */
export function publicKey(file) {
  const der = createPublicKey(secret(file)).export({ format: 'der', type: 'spki' });
  return der.subarray(-32).toString('hex');
}

/** Makes a key that only its owner reads; never over another. */
export function makeKey(file) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  return publicKey(file);
}

/** The key that a build bakes in: the release's, whose secret is elsewhere, else that of this working copy. */
export function buildKey() {
  const given = process.env.VITE_RELEASE_KEY;
  if (given) {
    if (!/^[0-9a-f]{64}$/.test(given)) throw new Error('VITE_RELEASE_KEY is no key: 64 hex digits');
    return { key: given, file: undefined };
  }
  if (!existsSync(OWN_KEY)) makeKey(OWN_KEY);
  return { key: publicKey(OWN_KEY), file: OWN_KEY };
}

/** Every file of a built app but the manifest itself and what is only another form of a file. */
function listed(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll('\\', '/'))
    .map((path) => (path.startsWith('/') ? path : `/${path}`))
    .filter((path) => !path.endsWith('.br') && path !== `/${MANIFEST}` && !path.startsWith('/manifest.vite'))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Writes the manifest; the version is the time unless it is given. */
export function sign(folder, file, version = Math.floor(Date.now() / 1_000)) {
  if (!Number.isSafeInteger(version) || version < 1) throw new Error('a version is a whole number from 1');
  const lines = listed(folder).map((path) => {
    if (!/^(\/[\w.-]+)+$/.test(path)) throw new Error(`${path} has no plain name`);
    return `${createHash('sha256')
      .update(readFileSync(join(folder, path)))
      .digest('hex')} ${path}`;
  });
  const text = ['lapwing release v1', `version ${version}`, ...lines, ''].join('\n');
  const signature = ed25519(null, Buffer.from(text), secret(file)).toString('hex');
  writeFileSync(join(folder, MANIFEST), `${text}signature ${signature}\n`);
  return { version, files: lines.length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [verb, file, folder, version] = process.argv.slice(2);
  if (verb === 'key' && file) process.stdout.write(`${makeKey(file)}\n`);
  else if (verb === 'sign' && file && folder) {
    const signed = sign(folder, file, version === undefined ? undefined : Number(version));
    process.stdout.write(`version ${signed.version}, ${signed.files} files, by ${publicKey(file)}\n`);
  } else {
    process.stderr.write('usage: release.js key FILE | sign FILE FOLDER [VERSION]\n');
    process.exitCode = 2;
  }
}
