// What the tests of the script for everyday pages share: a relay's side that writes everything down, and pages to open.

import { createServer } from 'node:http';

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
    list.push({
      at,
      // Which drop is the bucket's affair.
      what: `${request.method} ${rest.join('/').replace(/\d+$/, 'N')}`,
      up: body.length,
      down: bytes.length,
      status: answer.status,
      telling: [cookie, referer].filter(Boolean),
      // All that a browser tells besides the bytes; the names only where values differ by page.
      headers: Object.keys(request.headers).sort().join(' '),
    });
    const headers = { 'access-control-allow-origin': '*' };
    for (const header of ['content-type', 'cache-control', 'etag']) {
      if (answer.headers.has(header)) headers[header] = answer.headers.get(header);
    }
    response.writeHead(answer.status, headers).end(bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  return {
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
