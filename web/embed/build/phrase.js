/**
 * `npm run phrase -w lapwing-embed -- "the words"`: what a host writes into its configuration so that these words open
 * the app, and nobody reads them there.
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto';

const [, , words] = process.argv;
if (!words || words.trim().length < 8) {
  console.error('usage: npm run phrase -w lapwing-embed -- "at least eight letters"');
  process.exit(1);
}
// As src/entrance.ts reads what is typed.
const typed = words.normalize('NFKC').trim().toLowerCase();
const salt = randomBytes(16);
const hash = pbkdf2Sync(typed, salt, 600_000, 32, 'sha256');
process.stdout.write(`${JSON.stringify({ salt: salt.toString('hex'), hash: hash.toString('hex') })}\n`);
