/* eslint-disable svelte/prefer-svelte-reactivity -- the map of sessions is a secret, not what is drawn */
/**
 * What a coordinator's page knows. Sessions live in this object only: they go with the page, and the desk ends them a
 * quarter of an hour after the coordinator last did something. When one has ended, what was read is dropped and what
 * was typed is kept, until the cell is locked on purpose.
 */
import { SvelteMap } from 'svelte/reactivity';
import { cellsApi as realApi, type CellsApi, Refusal } from '../api/client';
import type { CellLine, CellView, CodebookRequest, InviteMade, MemberView } from '../api/types';
import { HOLDS, SILENT_AFTER, SILENT_FIRST } from './cell';
import { keep, kept } from './kept';

/** Where on the page something went wrong. */
export type Place =
  | 'list'
  | 'found'
  | 'unlock'
  | 'cell'
  | 'write'
  | 'invite'
  | 'withdraw'
  | 'codebook'
  | 'codebook-end'
  | 'cut-off';

/** What is typed for an invite: for whom, or whose decoy. */
export interface InviteForm {
  label: string;
  holds: number;
  decoyOf: number | undefined;
}

function emptyInvite(): InviteForm {
  return { label: '', holds: HOLDS[1] ?? 0, decoyOf: undefined };
}

/** What came while the page was open, to be read out. */
export interface News {
  what: 'message' | 'joined' | 'unwell' | 'duress';
  label: string;
}

const POLL_MS = 10_000;
/** As long as the desk's. */
const IDLE_MS = 15 * 60_000;
const SILENT_KEY = 'silent-after';

export class Cells {
  /** By number. */
  list = $state.raw<readonly CellLine[]>();
  /** The cell in sight, or the form for a new one. */
  chosen = $state<number | 'new'>();
  /** The open cell in sight; `undefined` while it is locked. */
  view = $state.raw<CellView>();
  /** Whose talk is in sight. */
  member = $state<number>();
  /** Whether an open cell is being fetched. */
  loading = $state(false);
  busy = $state(false);
  problem = $state.raw<{ at: Place; name: string }>();
  /** Key of the words for what has just been done. */
  done = $state<string>();
  news = $state.raw<readonly News[]>([]);
  /** Messages that came while the page was open and have not been in sight, by witness. */
  fresh = $state.raw<ReadonlyMap<number, number>>(new Map());
  silentAfter = $state(asSilentAfter(kept(SILENT_KEY)));

  /** What is typed and not sent, by cell and witness. */
  readonly drafts = new SvelteMap<string, string>();
  inviting = $state(false);
  inviteForm = $state<InviteForm>(emptyInvite());
  /** The invite that is being shown, this once. */
  made = $state.raw<{ invite: InviteMade; label: string; decoy: boolean }>();

  /** The codebook sheet that is being shown, this once. */
  sheet = $state.raw<{ page: string; label: string }>();

  /** Cells that are open, in sight or not. */
  opened = $state.raw<ReadonlySet<number>>(new Set());
  readonly #sessions = new Map<number, string>();
  #touched = Date.now();
  #polled = 0;

  constructor(
    readonly api: CellsApi = realApi,
    readonly signedOut: () => void = () => undefined,
  ) {}

  readonly current = $derived(this.view?.members.find(({ id }) => id === this.member));

  /** Looks after the open cell until the returned function is called. */
  start(): () => void {
    const timer = setInterval(() => void this.poll(), POLL_MS);
    return () => {
      clearInterval(timer);
      this.leave();
    };
  }

  /** Somebody is at the page. */
  touch(): void {
    this.#touched = Date.now();
  }

  waitUntilSilent(seconds: number): void {
    this.silentAfter = seconds;
    keep(SILENT_KEY, String(seconds));
  }

  async loadList(): Promise<void> {
    await this.#try('list', async () => {
      this.list = (await this.api.list()).cells;
    });
  }

  /** Brings a cell into sight; an open one with what is in it. */
  choose(cell: number | 'new' | undefined): void {
    if (cell === this.chosen) return;
    this.#close();
    // What is typed of one cell is not shown in another.
    this.inviting = false;
    this.inviteForm = emptyInvite();
    this.chosen = cell;
    this.problem = undefined;
    this.done = undefined;
    if (typeof cell === 'number' && this.#sessions.has(cell)) void this.#load(false);
  }

  read(member: number | undefined): void {
    this.member = member;
    this.done = undefined;
    if (this.problem?.at === 'write') this.problem = undefined;
    if (member !== undefined && this.fresh.has(member)) {
      const rest = new Map(this.fresh);
      rest.delete(member);
      this.fresh = rest;
    }
  }

  async found(name: string, passphrase: string): Promise<boolean> {
    return this.#act('found', async () => {
      const { id, session } = await this.api.found({ name, passphrase });
      this.#keep(id, session);
      this.chosen = id;
      await this.#load(false);
      await this.loadList();
      this.done = 'cells.founded';
    });
  }

  async unlock(passphrase: string): Promise<boolean> {
    const cell = this.chosen;
    if (typeof cell !== 'number') return false;
    return this.#act('unlock', async () => {
      const { session } = await this.api.unlock(cell, passphrase);
      this.touch();
      this.#keep(cell, session);
      await this.#load(false);
    });
  }

  /** Locks the cell in sight on purpose: nothing of it stays. */
  async lock(): Promise<void> {
    const cell = this.chosen;
    if (typeof cell !== 'number') return;
    const session = this.#sessions.get(cell);
    this.#keep(cell, undefined);
    this.#close();
    for (const key of [...this.drafts.keys()]) if (key.startsWith(`${cell}/`)) this.drafts.delete(key);
    this.inviteForm = emptyInvite();
    this.inviting = false;
    this.done = 'cells.locked';
    // One that cannot be told ends by itself: nobody has its name any more.
    if (session !== undefined) await this.api.lock(cell, session).catch(() => undefined);
  }

  /** The page closes. A browser may put it up again as it was: nothing that was read is then in it. */
  leave(): void {
    for (const [cell, session] of [...this.#sessions]) {
      void this.api.lock(cell, session).catch(() => undefined);
      this.#ended(cell);
    }
  }

  #keep(cell: number, session: string | undefined): void {
    if (session === undefined) this.#sessions.delete(cell);
    else this.#sessions.set(cell, session);
    this.opened = new Set(this.#sessions.keys());
  }

  /** Whether something is typed in the cell in sight and not sent. */
  hasDrafts(): boolean {
    return (
      this.inviteForm.label.trim() !== '' ||
      [...this.drafts].some(([key, text]) => key.startsWith(`${String(this.chosen)}/`) && text.trim() !== '')
    );
  }

  draft(member: number): string {
    return this.drafts.get(`${String(this.chosen)}/${member}`) ?? '';
  }

  type(member: number, text: string): void {
    this.drafts.set(`${String(this.chosen)}/${member}`, text);
  }

  async write(member: number): Promise<boolean> {
    const text = this.draft(member);
    return this.#within('write', async (cell, session) => {
      await this.api.write(cell, session, member, text);
      // What was typed meanwhile stays.
      if (this.drafts.get(`${cell}/${member}`) === text) this.drafts.delete(`${cell}/${member}`);
      this.done = 'cells.sent';
      await this.#load(false);
    });
  }

  async invite(): Promise<boolean> {
    const { label: typed, holds, decoyOf } = this.inviteForm;
    const witness = this.view?.members.find(({ id }) => id === decoyOf);
    const label = witness?.label ?? typed;
    return this.#within('invite', async (cell, session) => {
      const duress = witness && { duress_of: witness.id };
      const invite = await this.api.invite(cell, session, { label, holds_s: holds, ...duress });
      if (this.chosen !== cell) return;
      this.made = { invite, label: label.trim(), decoy: witness !== undefined };
      this.inviteForm = { ...emptyInvite(), holds };
      await this.#load(false);
    });
  }

  async cutOff(member: number): Promise<boolean> {
    return this.#within('cut-off', async (cell, session) => {
      await this.api.cutOff(cell, session, member);
      this.drafts.delete(`${cell}/${member}`);
      this.done = 'cut-off.done';
      await this.#load(false);
    });
  }

  async codebook(request: CodebookRequest): Promise<boolean> {
    return this.#within('codebook', async (cell, session) => {
      const { page } = await this.api.codebook(cell, session, request);
      if (this.chosen !== cell) return;
      this.sheet = { page, label: request.label.trim() };
      await this.#load(false);
    });
  }

  async endCodebook(sheet: number): Promise<boolean> {
    return this.#within('codebook-end', async (cell, session) => {
      await this.api.endCodebook(cell, session, sheet);
      this.done = 'codebooks.cancelled';
      await this.#load(false);
    });
  }

  async withdraw(id: string): Promise<boolean> {
    return this.#within('withdraw', async (cell, session) => {
      await this.api.withdraw(cell, session, id);
      this.done = 'cells.withdrawn';
      await this.#load(false);
    });
  }

  /** What has come since. Only what a person does keeps the cell open. */
  async poll(): Promise<void> {
    if (Date.now() - this.#touched >= IDLE_MS) {
      const sessions = [...this.#sessions];
      for (const [cell] of sessions) this.#ended(cell);
      await Promise.all(
        sessions.map(([cell, session]) => this.api.lock(cell, session).catch(() => undefined)),
      );
      return;
    }
    const cell = this.chosen;
    if (typeof cell !== 'number' || !this.#sessions.has(cell) || this.busy) return;
    const watch = this.#touched < this.#polled;
    this.#polled = Date.now();
    await this.#try('cell', () => this.#load(watch));
  }

  async #load(watch: boolean): Promise<void> {
    const cell = this.chosen;
    const session = typeof cell === 'number' ? this.#sessions.get(cell) : undefined;
    if (typeof cell !== 'number' || session === undefined) return;
    this.loading = this.view === undefined;
    try {
      const view = await this.api.view(cell, session, watch);
      if (this.chosen !== cell || !this.#sessions.has(cell)) return;
      this.#compare(this.view, view);
      this.view = view;
    } catch (error) {
      if (!this.#isLocked(error, cell)) throw error;
    } finally {
      this.loading = false;
    }
  }

  #compare(before: CellView | undefined, after: CellView): void {
    if (before?.id !== after.id) return;
    const known = new Map(before.members.map((member) => [member.id, member]));
    const fresh = new Map(this.fresh);
    const news: News[] = [];
    for (const member of after.members) {
      const was = known.get(member.id);
      const label = member.label;
      if (was === undefined) news.push({ what: 'joined', label });
      const came = theirs(member) - (was ? theirs(was) : 0);
      if (came > 0) {
        news.push({ what: 'message', label });
        if (member.id !== this.member) fresh.set(member.id, (fresh.get(member.id) ?? 0) + came);
      }
      if (was?.well !== false && member.well === false) news.push({ what: 'unwell', label });
      if (!was?.duress_since && member.duress_since) news.push({ what: 'duress', label });
    }
    this.fresh = fresh;
    if (news.length > 0) this.news = news;
  }

  async #within(at: Place, work: (cell: number, session: string) => Promise<void>): Promise<boolean> {
    const cell = this.chosen;
    if (typeof cell !== 'number') return false;
    return this.#act(at, async () => {
      const session = this.#sessions.get(cell);
      if (session === undefined) throw new Refusal('locked', 403, undefined, undefined);
      await work(cell, session);
    });
  }

  async #act(at: Place, work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.done = undefined;
    try {
      return await this.#try(at, work);
    } finally {
      this.busy = false;
    }
  }

  async #try(at: Place, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (this.problem?.at === at) this.problem = undefined;
      return true;
    } catch (error) {
      const name = error instanceof Refusal ? error.problem : 'unreadable';
      if (name === 'sign-in') {
        this.#ended(this.chosen);
        this.signedOut();
      } else if (!this.#isLocked(error, this.chosen)) this.problem = { at, name };
      return false;
    }
  }

  #isLocked(error: unknown, cell: number | 'new' | undefined): boolean {
    if (!(error instanceof Refusal) || error.problem !== 'locked') return false;
    this.#ended(cell);
    return true;
  }

  /** A session has ended: the passphrase is asked for, and what was typed waits. */
  #ended(cell: number | 'new' | undefined): void {
    if (typeof cell !== 'number') return;
    this.#keep(cell, undefined);
    if (this.chosen !== cell) return;
    const { member } = this;
    this.#close();
    this.member = member;
    this.problem = { at: 'unlock', name: 'locked' };
  }

  #close(): void {
    this.view = undefined;
    this.made = undefined;
    this.sheet = undefined;
    this.news = [];
    this.member = undefined;
    this.fresh = new Map();
    this.loading = false;
  }
}

function theirs(member: MemberView): number {
  return member.talk.filter((line) => line.by === 'witness').length;
}

function asSilentAfter(value: string | null): number {
  const seconds = Number(value);
  return SILENT_AFTER.includes(seconds) ? seconds : SILENT_FIRST;
}
