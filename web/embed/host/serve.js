/**
 * Serves the page to try the script on, under the content policy of docs/RUNNING.md. Used by the browser tests, and by
 * hand: `LAPWING_RELAY=… LAPWING_DESK_ROOT_KEY=… LAPWING_APP=… npm run host -w lapwing-embed`; with `LAPWING_ISSUER` and
 * `LAPWING_CODE` beside `lapwing up --admission passes`.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** What the page may do: its own files, WebAssembly, its relays, the issuer, the app in a frame. Nothing inline, no `eval`. */
export function policy({ relays, entrance }, issuer) {
  const spoken = [...relays, ...(issuer ? [issuer] : [])];
  const frames = entrance ? new URL(entrance.app).origin : "'none'";
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${[...new Set(spoken.map((at) => new URL(at).origin))].join(' ')}`,
    `frame-src ${frames}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * `config` is what `/embed.json` says; `folder` the built package. `issuer` and `code`: where passes are, and what this host
 * shows for its visitors; a host of weight gives an ID token of whoever is signed in, with the body as its nonce.
 */
export async function serve(config, { port = 0, folder = dist, issuer, code } = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    const [, first, ...rest] = path.split('/');
    const below = first === 'embed' ? join(folder, ...rest) : join(folder, 'host', path);
    const file = path.endsWith('/') ? join(below, 'index.html') : below;
    const headers = {
      'content-security-policy': policy(config, issuer),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    };
    if (code && request.method === 'POST' && path === config.credential) {
      response.writeHead(200, { ...headers, 'content-type': 'text/plain' }).end(code);
      return;
    }
    const body =
      path === '/embed.json' ? JSON.stringify(config) : await readFile(file).catch(() => undefined);
    if (!file.startsWith(folder) || body === undefined) {
      response.writeHead(404, { ...headers, 'content-type': 'text/plain' }).end('not here');
      return;
    }
    response.writeHead(200, { ...headers, 'content-type': TYPES[extname(file)] ?? 'application/json' });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${server.address().port}/`;
  return { address, close: () => new Promise((resolve) => server.close(resolve)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { LAPWING_RELAY = 'http://127.0.0.1:8101', LAPWING_DESK_ROOT_KEY, LAPWING_APP } = process.env;
  const { LAPWING_ISSUER: issuer, LAPWING_CODE: code } = process.env;
  if (!LAPWING_DESK_ROOT_KEY) throw new Error('LAPWING_DESK_ROOT_KEY is not set: `lapwing up` prints it');
  const app = LAPWING_APP ?? 'http://127.0.0.1:8100/';
  const config = {
    root_key: LAPWING_DESK_ROOT_KEY,
    relays: [LAPWING_RELAY],
    ...(code && { credential: '/credential' }),
    entrance: { app, as: 'page', hold: { on: '#logo', for_s: 4 } },
  };
  const { address } = await serve(config, { port: 8_110, issuer, code });
  process.stdout.write(`with the script     ${address}\nwithout it          ${address}plain.html\n`);
}
