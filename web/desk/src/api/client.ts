/** The desk's HTTP (docs/HTTP.md, second half). Every refusal becomes a `Refusal` with the stable name of its problem. */
import type {
  Incident,
  IncidentDetail,
  IncidentList,
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

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? { accept: 'application/json' } : JSON_BOTH_WAYS,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Refusal('unreachable', 0, undefined, undefined);
  }
  if (!answer.ok) throw await refusal(answer);
  try {
    return (await answer.json()) as T;
  } catch {
    throw new Refusal('unreadable', answer.status, undefined, undefined);
  }
}

const JSON_BOTH_WAYS = { accept: 'application/json', 'content-type': 'application/json' };

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
    call<Incident>('PUT', `/api/incidents/${id}/verdict`, { verdict, version }),
  draft: (id: number) => call<WarningDraft>('GET', `/api/incidents/${id}/draft`),
  warnings: () => call<WarningList>('GET', '/api/warnings'),
  publish: (request: PublishRequest) => call<Warning>('POST', '/api/warnings', request),
  update: (id: string, request: PublishRequest) =>
    call<Warning>('POST', `/api/warnings/${encodeURIComponent(id)}/update`, request),
  cancel: (id: string) => call<Warning>('POST', `/api/warnings/${encodeURIComponent(id)}/cancel`),
};

export type Api = typeof api;
