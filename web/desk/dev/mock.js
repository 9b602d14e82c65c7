/**
 * A desk made up for working on the page: docs/HTTP.md over seeded, moving data. Only `npm run dev` and
 * `vite preview` have it; nothing of it is in what is shipped.
 *
 * `GET /dev/mode?is=…` puts it into a state: `normal`, `empty`, `many`, `slow`, `down`, `signed-out`, `conflict`,
 * `still`; `drop` closes the event streams once. `GET /dev/cells?do=…`: see cells.js.
 */
import { readFileSync } from 'node:fs';
import { MockCells } from './cells.js';
import { World } from './world.js';

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function mock() {
  const world = new World(JSON.parse(read('forms/civil-protection.json')), read('gazetteer/ua_places.csv'));
  const cells = new MockCells(() => Math.floor(Date.now() / 1000));
  let mode = 'normal';
  const streams = new Set();
  const send = (event, data) => {
    if (mode === 'down') return;
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  let ticking;

  function install(server, strict) {
    ticking ??= setInterval(() => {
      if (['empty', 'still', 'down'].includes(mode)) return;
      const changes = world.step();
      send('incidents', changes);
      send('overview', world.overview());
    }, 1000);
    ticking.unref();
    server.httpServer?.on('close', () => clearInterval(ticking));
    server.middlewares.use(async (request, response, next) => {
      const url = new URL(request.url, 'http://localhost');
      if (strict) response.setHeader('content-security-policy', CSP);
      if (url.pathname === '/dev/mode') {
        const wanted = url.searchParams.get('is');
        if (wanted === 'drop') {
          for (const stream of streams) stream.destroy();
          streams.clear();
        } else {
          mode = wanted;
          world.reset(mode === 'empty' ? 0 : mode === 'many' ? 5000 : 90);
          if (mode === 'down') for (const stream of streams) stream.destroy();
          send('reload', {});
        }
        response.end(mode);
        return;
      }
      if (url.pathname === '/dev/cells') {
        cells.do(url.searchParams.get('do'));
        response.end();
        return;
      }
      if (!url.pathname.startsWith('/api/')) return next();
      if (mode === 'down') return response.destroy();
      if (mode === 'slow') await new Promise((done) => setTimeout(done, 4000));
      if (mode === 'signed-out') return problem(response, 401, 'sign-in', 'sign in first');
      if (url.pathname === '/api/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        response.write(': open\n\n');
        streams.add(response);
        response.on('close', () => streams.delete(response));
        return;
      }
      const body = await json(request);
      const answer = url.pathname.startsWith('/api/cells')
        ? cells.answer(request.method, url.pathname, body, request.headers['lapwing-cell'])
        : world.answer(request.method, url.pathname, body, mode);
      if (answer.problem)
        return problem(response, answer.status, answer.problem, answer.title, answer.incident);
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
      response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
      if (answer.changed) send('incidents', { changed: [answer.changed], gone: [] });
      if (answer.warnings) send('warnings', { warnings: world.warnings });
    });
  }
  return {
    name: 'lapwing-mock-desk',
    configureServer: (server) => install(server, false),
    configurePreviewServer: (server) => install(server, true),
  };
}

function problem(response, status, name, title, incident) {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify({ type: `urn:lapwing:problem:${name}`, title, status, incident }));
}

async function json(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString());
}

function read(path) {
  return readFileSync(new URL(`../../../data/${path}`, import.meta.url), 'utf8');
}
