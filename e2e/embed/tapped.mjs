// What the tests of the script for everyday pages share: a relay's side that writes everything down, and pages to open.

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { until } from '../witness-app.mjs';

const APP = process.env.LAPWING_WEB ?? fileURLToPath(new URL('../../web/witness/dist', import.meta.url));
const LAPWING =
  process.env.LAPWING_BIN ?? fileURLToPath(new URL('../../target/debug/lapwing', import.meta.url));

/** Passes on what comes for `/NAME/…` and notes it under that name. */
export async function tap(relay) {
  const seen = new Map();
  const server = createServer(async (request, response) => {
    const [, name, ...rest] = request.url.split('/');
    const at = performance.now();
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const answer = await fetch(`${relay}/${rest.join('/')}`, {
      method: request.method,
      ...(body.length > 0 && { body }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const { cookie, referer } = request.headers;
    const list = seen.get(name) ?? [];
    seen.set(name, list);
    const one = {
      at,
      // When the answer had left; so far it has not.
      until: undefined,
      // Which drop is the bucket's affair.
      what: `${request.method} ${rest.join('/').replace(/\d+$/, 'N')}`,
      up: body.length,
      down: bytes.length,
      status: answer.status,
      telling: [cookie, referer].filter(Boolean),
      // All that a browser tells besides the bytes; the names only where values differ by page.
      headers: Object.keys(request.headers).sort().join(' '),
    };
    list.push(one);
    const headers = { 'access-control-allow-origin': '*' };
    for (const header of ['content-type', 'cache-control', 'etag']) {
      if (answer.headers.has(header)) headers[header] = answer.headers.get(header);
    }
    response.writeHead(answer.status, headers).end(bytes, () => (one.until = performance.now()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  return {
    address,
    relay: (name) => `${address}/${name}`,
    of: (name) => seen.get(name) ?? [],
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** The ticks among requests: each must be the bulletin, a drop, an envelope. */
export function ticks(requests) {
  const whole = [];
  for (let n = 0; n + 3 <= requests.length; n += 3) whole.push(requests.slice(n, n + 3));
  return whole;
}

/** Largest distance between two distributions (Kolmogorov and Smirnov). */
export function distance(a, b) {
  const share = (list, limit) => list.filter((value) => value <= limit).length / list.length;
  return Math.max(...[...a, ...b].map((at) => Math.abs(share(a, at) - share(b, at))));
}

/** The app by `lapwing web`. */
export async function serveApp({ relay, rootKey, more = [] }) {
  const child = spawn(LAPWING, [
    ...['web', '--web', APP, '--listen', '127.0.0.1:0', '--relay', relay],
    ...['--desk-root-key', rootKey, ...more],
  ]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const address = await until('the app', () => /witness\s+(\S+)/.exec(said)?.[1]);
  return {
    address,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}
