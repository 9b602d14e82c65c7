/* eslint-disable svelte/prefer-svelte-reactivity -- the maps here are the store behind `incidents`, not what is drawn */
/**
 * What the page knows of the desk, kept current by its events. Lists are replaced, never changed in place: a change
 * of thousands of incidents is then one assignment, and what is drawn depends on it alone.
 */
import { api as realApi, type Api, Refusal } from '../api/client';
import { listen as realListen } from '../api/events';
import type {
  Incident,
  IncidentChanges,
  IncidentDetail,
  KindView,
  Overview,
  Verdict,
  Warning,
} from '../api/types';
import type { Gazetteer, Settlement } from '../places/gazetteer';
import { apply, EVERYTHING, type Filter, newestFirst } from './filter';

export type Phase = 'loading' | 'ready' | 'signed-out' | 'failed';
export type Link = 'connecting' | 'live' | 'lost';

/** What the desk has just done or refused, for the person who asked. */
export interface Notice {
  tone: 'good' | 'bad';
  /** Key of the words. */
  key: string;
  incident: number;
}

/** Changes are shown at most so often, in milliseconds: at ×60 they come faster than anybody reads. */
const FLUSH_MS = 200;

export class Desk {
  phase = $state<Phase>('loading');
  /** Name of the problem when `failed`. */
  failure = $state<string>();
  link = $state<Link>('connecting');
  /** When the next try to connect is, in milliseconds of the browser's clock. */
  retryAt = $state(0);

  overview = $state.raw<Overview>();
  /** Newest first. */
  incidents = $state.raw<readonly Incident[]>([]);
  warnings = $state.raw<readonly Warning[]>([]);
  filter = $state.raw<Filter>(EVERYTHING);
  gazetteer = $state.raw<Gazetteer>();
  /** Now by the desk's clock, Unix seconds. */
  now = $state(Math.floor(Date.now() / 1000));

  selected = $state<number>();
  detail = $state.raw<IncidentDetail>();
  /** Name of the problem when the selected incident could not be loaded. */
  detailFailure = $state<string>();
  notice = $state.raw<Notice>();
  /** An incident that somebody else confirmed, or a warning that came into force: to be read out. */
  announced = $state.raw<{ incident: Incident; what: 'confirmed' | 'warned' }>();
  busy = $state(false);

  readonly shown = $derived(apply(this.incidents, this.filter, (incident) => this.placeNames(incident)));
  readonly current = $derived.by(() => {
    const id = this.selected;
    if (id === undefined) return undefined;
    return this.incidents.find((incident) => incident.id === id) ?? this.detail?.incident;
  });
  readonly warning = $derived(this.warnings.find((warning) => warning.incident === this.selected));
  readonly inForce = $derived(this.warnings.filter((w) => w.state === 'active' && w.expires > this.now));
  readonly kinds = $derived(new Map(this.overview?.kinds.map((kind) => [kind.code, kind])));

  /** When an incident first came to this page, milliseconds of the browser's clock. */
  readonly arrived = new Map<number, number>();
  readonly #byId = new Map<number, Incident>();
  readonly #places = new Map<number, { lat: number; lon: number; found: Near | undefined }>();
  #pending: IncidentChanges[] = [];
  #loading = false;
  #again = false;
  #flush: ReturnType<typeof setTimeout> | undefined;
  #detailTimer: ReturnType<typeof setTimeout> | undefined;
  #clock = { now: 0, at: 0 };

  constructor(
    readonly api: Api = realApi,
    readonly listen: typeof realListen = realListen,
  ) {}

  /** Loads and listens until the returned function is called. */
  start(): () => void {
    void this.load();
    const stop = this.listen('/api/events', {
      opened: () => {
        // The first load is under way already; after a gap everything is loaded again.
        const again = this.link === 'lost' || this.phase === 'failed';
        this.link = 'live';
        if (again) void this.load();
      },
      lost: (wait) => {
        this.link = 'lost';
        this.retryAt = Date.now() + wait;
        // A closed session looks like a broken line to an event source; a plain request tells them apart.
        if (this.phase !== 'signed-out') void this.#checkSession();
      },
      reload: () => void this.load(),
      incidents: (changes) => this.take(changes),
      warnings: (list) => this.#takeWarnings(list.warnings),
      overview: (overview) => this.#takeOverview(overview),
    });
    const ticking = setInterval(() => this.#tick(), 1000);
    return () => {
      stop();
      clearInterval(ticking);
      clearTimeout(this.#flush);
      clearTimeout(this.#detailTimer);
    };
  }

  /** Loads everything; what comes in meanwhile is put on top. */
  async load(): Promise<void> {
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    try {
      const [overview, list, warnings] = await Promise.all([
        this.api.overview(),
        this.api.incidents(),
        this.api.warnings(),
      ]);
      const before = new Map(this.#byId);
      this.#byId.clear();
      for (const incident of list.incidents) this.#byId.set(incident.id, incident);
      this.#markArrivals(before);
      this.#takeOverview(overview);
      this.warnings = warnings.warnings;
      this.phase = 'ready';
      this.failure = undefined;
      this.#apply();
      if (this.selected !== undefined) this.#wantDetail();
    } catch (error) {
      const problem = error instanceof Refusal ? error.problem : 'unreadable';
      if (problem === 'sign-in') this.phase = 'signed-out';
      else if (this.phase !== 'ready') {
        this.phase = 'failed';
        this.failure = problem;
      }
    } finally {
      this.#loading = false;
      if (this.#again) {
        this.#again = false;
        void this.load();
      }
    }
  }

  async #checkSession(): Promise<void> {
    try {
      await this.api.overview();
    } catch (error) {
      if (error instanceof Refusal && error.problem === 'sign-in') this.phase = 'signed-out';
    }
  }

  /** Takes changed incidents; they are shown within `FLUSH_MS`. */
  take(changes: IncidentChanges): void {
    this.#pending.push(changes);
    this.#flush ??= setTimeout(() => {
      this.#flush = undefined;
      if (!this.#loading) this.#apply();
    }, FLUSH_MS);
  }

  #apply(): void {
    const touched = new Set<number>();
    for (const { changed, gone } of this.#pending) {
      for (const incident of changed) {
        const old = this.#byId.get(incident.id);
        // What was loaded may be newer than an event that was on its way.
        if (old !== undefined && old.version > incident.version) continue;
        if (old === undefined) this.arrived.set(incident.id, Date.now());
        else if (old.verdict !== 'confirmed' && incident.verdict === 'confirmed') {
          this.announced = { incident, what: 'confirmed' };
        }
        this.#byId.set(incident.id, incident);
        touched.add(incident.id);
      }
      for (const id of gone) {
        this.#byId.delete(id);
        this.arrived.delete(id);
        this.#places.delete(id);
        touched.add(id);
      }
    }
    this.#pending = [];
    this.incidents = [...this.#byId.values()].sort(newestFirst);
    if (this.selected !== undefined && touched.has(this.selected)) this.#wantDetail();
  }

  #markArrivals(before: ReadonlyMap<number, Incident>): void {
    if (this.phase !== 'ready') return;
    for (const id of this.#byId.keys()) if (!before.has(id)) this.arrived.set(id, Date.now());
  }

  #takeOverview(overview: Overview): void {
    this.overview = overview;
    this.#clock = { now: overview.clock.now, at: Date.now() };
    this.#tick();
  }

  #takeWarnings(warnings: readonly Warning[]): void {
    const known = new Set(this.warnings.filter((w) => w.state === 'active').map((w) => w.incident));
    const fresh = warnings.find((w) => w.state === 'active' && !known.has(w.incident));
    const incident = fresh && this.#byId.get(fresh.incident);
    if (incident) this.announced = { incident, what: 'warned' };
    this.warnings = warnings;
  }

  #tick(): void {
    const { now, at } = this.#clock;
    const replay = this.overview?.clock.mode === 'replay';
    // A replay's clock goes by its reports; between them it stands.
    this.now =
      now === 0 ? Math.floor(Date.now() / 1000) : replay ? now : now + Math.floor((Date.now() - at) / 1000);
  }

  select(id: number | undefined): void {
    if (id === this.selected) return;
    this.selected = id;
    this.detail = undefined;
    this.detailFailure = undefined;
    this.notice = undefined;
    if (id !== undefined && this.phase === 'ready') void this.#loadDetail();
  }

  /** Selects the next (1) or previous (-1) incident of those shown. */
  step(by: 1 | -1): void {
    const list = this.shown;
    const at = list.findIndex((incident) => incident.id === this.selected);
    const next = at < 0 ? list[by > 0 ? 0 : list.length - 1] : list[at + by];
    if (next) this.select(next.id);
  }

  #wantDetail(): void {
    this.#detailTimer ??= setTimeout(() => {
      this.#detailTimer = undefined;
      void this.#loadDetail();
    }, 250);
  }

  async #loadDetail(): Promise<void> {
    const id = this.selected;
    if (id === undefined) return;
    try {
      const detail = await this.api.incident(id);
      if (this.selected !== id) return;
      this.detail = detail;
      this.detailFailure = undefined;
    } catch (error) {
      if (this.selected !== id) return;
      this.#meet(error, (problem) => {
        this.detailFailure = problem;
        // What was loaded before stays in sight unless there is no such incident any more.
        if (problem === 'not-found') this.detail = undefined;
      });
    }
  }

  retryDetail(): void {
    this.detailFailure = undefined;
    void this.#loadDetail();
  }

  /** Confirms, disputes or reopens the selected incident. */
  async decide(verdict: Verdict): Promise<void> {
    const incident = this.current;
    if (!incident || this.busy || incident.verdict === verdict) return;
    await this.#act(incident.id, `decided.${verdict}`, async () => {
      const after = await this.api.verdict(incident.id, verdict, incident.version);
      this.#put(after);
    });
  }

  /** Does something that the desk may refuse, and says how it went. */
  async act(id: number, done: string, work: () => Promise<Warning>): Promise<boolean> {
    return this.#act(id, done, async () => {
      const warning = await work();
      const others = this.warnings.filter((w) => w.id !== warning.id && w.incident !== warning.incident);
      this.warnings = [warning, ...others];
    });
  }

  async #act(id: number, done: string, work: () => Promise<void>): Promise<boolean> {
    this.busy = true;
    this.notice = undefined;
    try {
      await work();
      this.notice = { tone: 'good', key: done, incident: id };
      this.#wantDetail();
      return true;
    } catch (error) {
      this.#meet(error, (problem, present) => {
        if (present) this.#put(present);
        const key = problem === 'changed' && present ? `changed.${present.verdict}` : `problem.${problem}`;
        this.notice = { tone: 'bad', key, incident: id };
        this.#wantDetail();
      });
      return false;
    } finally {
      this.busy = false;
    }
  }

  #meet(error: unknown, otherwise: (problem: string, present: Incident | undefined) => void): void {
    if (!(error instanceof Refusal)) throw error;
    if (error.problem === 'sign-in') this.phase = 'signed-out';
    else otherwise(error.problem, error.incident);
  }

  /** One's own change is shown at once and not read out as somebody else's. */
  #put(incident: Incident): void {
    const old = this.#byId.get(incident.id);
    if (old === undefined || old.version <= incident.version) this.#byId.set(incident.id, incident);
    this.incidents = [...this.#byId.values()].sort(newestFirst);
  }

  kind(code: number): KindView | undefined {
    return this.kinds.get(code);
  }

  /** The nearest settlement, kept until the incident moves. */
  near(incident: { id: number; lat: number; lon: number }): Near | undefined {
    const gazetteer = this.gazetteer;
    if (!gazetteer) return undefined;
    const kept = this.#places.get(incident.id);
    if (kept && kept.lat === incident.lat && kept.lon === incident.lon) return kept.found;
    const found = gazetteer.nearest(incident);
    this.#places.set(incident.id, { lat: incident.lat, lon: incident.lon, found });
    return found;
  }

  placeNames(incident: Incident): string {
    const near = this.near(incident);
    return near ? `${near.settlement.uk} ${near.settlement.en}`.toLowerCase() : '';
  }
}

export interface Near {
  settlement: Settlement;
  metres: number;
}
