/** The desk's HTTP (docs/HTTP.md, second half). Every refusal becomes a `Refusal` with the stable name of its problem. */
import type {
  CallBegun,
  CallView,
  CellFounding,
  CellList,
  CellUnlocked,
  CellView,
  CodebookMade,
  CodebookRequest,
  Incident,
  IncidentDetail,
  IncidentList,
  InviteMade,
  InviteRequest,
  Overview,
  ProblemView,
  PublishRequest,
  Verdict,
  Warning,
  WarningDraft,
  WarningList,
} from './types';

/** What the desk answered instead of what was asked for. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    /** Stable name: `sign-in`, `changed`, …; `unreachable` when no answer came, `unreadable` when it made no sense. */
    readonly problem: string,
    readonly status: number,
    /** What to do, in the server's words. */
    readonly detail: string | undefined,
    /** `changed` only: the incident as it is now. */
    readonly incident: Incident | undefined,
  ) {
    super(problem);
  }
}

const PREFIX = 'urn:lapwing:problem:';
/** Longer than the desk ever needs on loopback, short enough for somebody who waits. */
const PATIENCE_MS = 15_000;

interface Extra {
  body?: unknown;
  /** Session of an open cell. */
  session?: string;
  /** Sent although the page is closing. */
  last?: boolean;
}

async function send(method: string, path: string, { body, session, last }: Extra = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(session === undefined ? {} : { 'lapwing-cell': session }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
      cache: 'no-store',
      ...(last ? { keepalive: true } : { signal: AbortSignal.timeout(PATIENCE_MS) }),
    });
  } catch {
    throw new Refusal('unreachable', 0, undefined, undefined);
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function call<T>(method: string, path: string, extra?: Extra): Promise<T> {
  const answer = await send(method, path, extra);
  try {
    return (await answer.json()) as T;
  } catch {
    throw new Refusal('unreadable', answer.status, undefined, undefined);
  }
}

/** For what is answered without words. */
async function tell(method: string, path: string, extra?: Extra): Promise<void> {
  await send(method, path, extra);
}

/** The same letters are the same bytes, whatever the keyboard made of them. */
const typed = (passphrase: string) => passphrase.normalize('NFC');

async function refusal(answer: Response): Promise<Refusal> {
  let problem: Partial<ProblemView> = {};
  try {
    problem = (await answer.json()) as Partial<ProblemView>;
  } catch {
    // A proxy's page, say: the status alone has to do.
  }
  const named = problem.type?.startsWith(PREFIX) ? problem.type.slice(PREFIX.length) : undefined;
  const name = named ?? (answer.status === 401 ? 'sign-in' : answer.status >= 500 ? 'store' : 'unreadable');
  return new Refusal(name, answer.status, problem.detail, problem.incident);
}

export const api = {
  overview: () => call<Overview>('GET', '/api/overview'),
  incidents: () => call<IncidentList>('GET', '/api/incidents'),
  incident: (id: number) => call<IncidentDetail>('GET', `/api/incidents/${id}`),
  verdict: (id: number, verdict: Verdict, version: number) =>
    call<Incident>('PUT', `/api/incidents/${id}/verdict`, { body: { verdict, version } }),
  draft: (id: number) => call<WarningDraft>('GET', `/api/incidents/${id}/draft`),
  warnings: () => call<WarningList>('GET', '/api/warnings'),
  publish: (request: PublishRequest) => call<Warning>('POST', '/api/warnings', { body: request }),
  update: (id: string, request: PublishRequest) =>
    call<Warning>('POST', `/api/warnings/${encodeURIComponent(id)}/update`, { body: request }),
  cancel: (id: string) => call<Warning>('POST', `/api/warnings/${encodeURIComponent(id)}/cancel`),
};

export type Api = typeof api;

/** Fourteen words over a call. */
export const callsApi = {
  begin: () => call<CallBegun>('POST', '/api/calls'),
  hear: (name: string, language: string, words: readonly string[]) =>
    call<CallView>('PUT', `/api/calls/${encodeURIComponent(name)}`, { body: { language, words } }),
  list: (language: string) => call<string[]>('GET', `/api/calls/words/${encodeURIComponent(language)}`),
};

export type CallsApi = typeof callsApi;

/** Cells. What is in one needs the session that its unlocking gave. */
export const cellsApi = {
  list: () => call<CellList>('GET', '/api/cells'),
  found: ({ name, passphrase }: CellFounding) =>
    call<CellUnlocked>('POST', '/api/cells', { body: { name, passphrase: typed(passphrase) } }),
  unlock: (cell: number, passphrase: string) =>
    call<CellUnlocked>('POST', `/api/cells/${cell}/unlock`, { body: { passphrase: typed(passphrase) } }),
  lock: (cell: number, session: string) => tell('POST', `/api/cells/${cell}/lock`, { session, last: true }),
  /** `watch`: the page asks by itself, which keeps no session open. */
  view: (cell: number, session: string, watch: boolean) =>
    call<CellView>('GET', `/api/cells/${cell}${watch ? '?watch=true' : ''}`, { session }),
  invite: (cell: number, session: string, request: InviteRequest) =>
    call<InviteMade>('POST', `/api/cells/${cell}/invites`, { session, body: request }),
  withdraw: (cell: number, session: string, invite: string) =>
    tell('DELETE', `/api/cells/${cell}/invites/${encodeURIComponent(invite)}`, { session }),
  codebook: (cell: number, session: string, request: CodebookRequest) =>
    call<CodebookMade>('POST', `/api/cells/${cell}/codebooks`, { session, body: request }),
  endCodebook: (cell: number, session: string, sheet: number) =>
    tell('DELETE', `/api/cells/${cell}/codebooks/${sheet}`, { session }),
  cutOff: (cell: number, session: string, member: number) =>
    tell('DELETE', `/api/cells/${cell}/members/${member}`, { session }),
  write: (cell: number, session: string, member: number, text: string) =>
    tell('POST', `/api/cells/${cell}/members/${member}/messages`, { session, body: { text } }),
};

export type CellsApi = typeof cellsApi;
