// What the measurements in a browser share: a server of files and a Chromium.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** A variable that `cargo xtask bench` sets. */
export function named(name) {
  const value = process.env[name];
  if (!value) throw new Error(`the variable ${name} is not set; run this by \`cargo xtask bench\``);
  return value;
}

/** Serves a folder on a free port of loopback; a file with a `.br` beside it goes out compressed. */
export async function serve(folder) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    const file = join(folder, normalize(path.endsWith('/') ? `${path}index.html` : path));
    const headers = { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' };
    const packed = await readFile(`${file}.br`).catch(() => undefined);
    const body = packed ?? (await readFile(file).catch(() => undefined));
    if (!file.startsWith(folder) || body === undefined) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('not here');
      return;
    }
    if (packed) headers['content-encoding'] = 'br';
    response.writeHead(200, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

export function launch() {
  return chromium.launch({
    executablePath: named('CHROMIUM'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
}

/** The middle one by a figure. */
export function median(runs, figure) {
  return runs.toSorted((a, b) => figure(a) - figure(b))[Math.floor(runs.length / 2)];
}
