/** The conversation with the desk, of the slot that is open: asking to be known, messages both ways. */
import {
  anew,
  type Conversation,
  decode,
  EMPTY,
  encode,
  endOf,
  hear,
  looked,
  settle,
} from '../keep/conversation';
import type { Reply } from '../keep/conversation';
import { FIELD } from '../keep/keeper';
import { PLACES } from '../keep/outbox';
import { type Phone, refusal } from '../phone/core';
import type { LonLat } from '../place/projection';
import { desk } from './desk.svelte';

class Talk {
  standing = $state<'none' | 'asked' | 'known'>('none');
  said = $state.raw<Conversation>(EMPTY);
  /** Ends of the envelopes that wait; unknown at first. */
  waiting = $state.raw<ReadonlySet<string> | undefined>();
  /** Near here whispers speak of; unknown before the phone asked to be known. */
  region = $state.raw<LonLat | undefined>();
  busy = $state(false);
  readonly unread = $derived(this.said.lines.some(({ fresh }) => fresh));
  #open = false;

  constructor() {
    desk.onDrop = () => this.#read();
  }

  /** A slot was opened: what it holds, and what of the last drop is its own. */
  async open(): Promise<void> {
    this.#open = true;
    await desk.as(async (phone) => this.#show(phone, await this.#kept()));
    await this.settle();
    await this.#read();
  }

  close(): void {
    this.#open = false;
    this.standing = 'none';
    this.region = undefined;
    this.said = EMPTY;
  }

  /**
   * Asks to be known; near a place whispers will speak of; `passes` came with the invite's square. Answers with the name
   * of what is wrong.
   */
  enrol(typed: string, near: LonLat, passes?: string): Promise<string | undefined> {
    return this.#work(async () => {
      const { read } = await import('../phone/invite');
      const code = await read(typed);
      if (passes) await desk.invited(passes);
      // First: the desk numbers its replies to each enrolment anew, and one that was seen of another must hide none.
      await desk.as(async () => this.#store(anew(await this.#kept())));
      await this.#send(
        (phone) => phone.enrol(code, near.lat, near.lon, clock()),
        (before) => before,
      );
    });
  }

  /** Writes to the coordinator. Answers with the name of what is wrong. */
  say(text: string): Promise<string | undefined> {
    const line = { by: 'me' as const, at: clock(), text: text.trim() };
    return this.#work(async () => {
      await this.#send(
        (phone) => phone.message(text, clock()),
        (before, end) => ({ ...before, lines: [...before.lines, { ...line, end }] }),
      );
    });
  }

  /**
   * Begins anew with the desk, as the same witness: whoever copied the phone before is shut out. What was sealed for the
   * desk must have left, and until the desk has answered the phone is one that asked. Answers with the name of what is
   * wrong. `near`: of a witness who moved away.
   */
  renew(near?: LonLat): Promise<string | undefined> {
    return this.#work(async () => {
      const ends = await desk.ends();
      if ((await this.#kept()).lines.some(({ end }) => end !== undefined && ends.has(end))) throw 'unsent';
      await this.#renew(near);
    });
  }

  async #renew(near?: LonLat): Promise<void> {
    await this.#send(
      (phone) => phone.renew(near?.lat, near?.lon, clock()),
      (before) => before,
    );
  }

  /** Tells the coordinator how the person is. Only they say so: the app by itself says no more than that it is there. */
  wellness(well: boolean, words: string): Promise<string | undefined> {
    const line = { by: 'me' as const, at: clock(), text: words };
    return this.#work(async () => {
      await this.#send(
        (phone) => phone.check_in(new Uint32Array(), well, clock()),
        (before, end) => ({ ...before, lines: [...before.lines, { ...line, end }] }),
      );
    });
  }

  /** The person sees the conversation. */
  async look(): Promise<void> {
    if (!this.unread) return;
    await desk.as(async (phone) => {
      await this.#store(looked(await this.#kept()));
      this.#show(phone, await this.#kept());
    });
  }

  /** Which messages still wait. */
  async settle(): Promise<void> {
    this.waiting = await desk.ends().catch(() => undefined);
  }

  async #send(
    seal: (phone: Phone) => Uint8Array,
    write: (before: Conversation, end: string) => Conversation,
  ): Promise<void> {
    // A step that is sealed and not sent is lost.
    if ((await desk.ends()).size >= PLACES) throw 'full';
    await desk.as(async (phone, keep) => {
      const envelope = seal(phone);
      await keep();
      if (!(await desk.enqueue(envelope))) throw 'full';
      // Only now: what is shown as sent has been on its way.
      const ends = await desk.ends();
      const after = write(settle(await this.#kept(), ends), endOf(envelope));
      await this.#store(after);
      this.waiting = ends;
      this.#show(phone, after);
    });
  }

  /** Reads the drop that was fetched. What is in it is kept before the desk is told that it came. */
  async #read(): Promise<void> {
    const { drop } = desk;
    if (!this.#open || !drop) return;
    try {
      let wanted = false;
      await desk.as(async (phone, keep) => {
        const replies = JSON.parse(phone.receive(drop.bucket, drop.bytes)) as Reply[];
        wanted = replies.some(({ renew }) => renew);
        const before = await this.#kept();
        const { after, acks } = hear(before, replies, drop.number);
        const envelope =
          acks.length > 0 && phone.standing() === 'known'
            ? phone.check_in(Uint32Array.from(acks), undefined, clock())
            : undefined;
        if (acks.length > 0) await this.#store(settle(after, await desk.ends()));
        await keep();
        this.#show(phone, acks.length > 0 ? after : before);
        // It leaves with a tick: what is sent right after a drop was read says that there was something in it.
        if (envelope) await desk.enqueue(envelope);
      });
      if (wanted && this.standing === 'known') await this.#renew();
    } catch (why) {
      // Else it is not the drop that the bulletin lists, or the slot was closed meanwhile: the next one comes.
      if (refusal(why) === 'away') await this.#renew().catch(() => undefined);
    }
  }

  #show(phone: Phone, said: Conversation): void {
    if (!this.#open) return;
    this.standing = (phone.standing() as 'asked' | 'known' | undefined) ?? 'none';
    const [lat, lon] = phone.region() ?? [];
    this.region = lat === undefined || lon === undefined ? undefined : { lat, lon };
    this.said = said;
  }

  async #kept(): Promise<Conversation> {
    return decode(await desk.vault?.ask('field', FIELD.conversation));
  }

  async #store(to: Conversation): Promise<void> {
    await desk.vault?.ask('store', FIELD.conversation, encode(to));
  }

  async #work(run: () => Promise<void>): Promise<string | undefined> {
    if (this.busy) return undefined;
    this.busy = true;
    try {
      await run();
      return undefined;
    } catch (why) {
      return refusal(why);
    } finally {
      this.busy = false;
    }
  }
}

function clock(): number {
  return Math.floor(Date.now() / 1000);
}

export const talk = new Talk();
