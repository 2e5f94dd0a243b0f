import type { LedgerReader } from '../../ledger/port.ts';
import type { Cursor } from '../../ledger/replay.ts';
import type { Clock } from '../../runtime/clock.ts';
import { nextTurn } from '../../runtime/next-turn.ts';
import type { RoleContext, ServeRole } from '../../serve/role.ts';
import { streamEntries, type StreamEntry } from '../event-stream.ts';
import { agreedCount, underWayMax } from './agree.ts';
import { Ahead } from './ahead.ts';
import { MirrorUnavailable } from './faults.ts';
import { messageOf, type MirrorForm } from './message.ts';
import { Outbox, type Trouble } from './outbox.ts';
import type { Mirror, MirrorMessage } from './port.ts';

export interface Publisher {
  readonly ledger: LedgerReader;
  readonly mirror: Mirror;
  readonly form: MirrorForm;
  readonly clock: Clock;
  /** Places of the ledger that were confirmed, so that entries before them need not be hashed again. */
  readonly confirmed?: readonly Cursor[] | undefined;
}

/** The waits before what did not arrive is sent again, in milliseconds; the last one for all that follow. */
const pausesMs = [100, 500, 1_000, 2_000];
const longestPauseMs = 5_000;

/** A mirror that takes nothing for this long is told of as a fault of the role: until then the role waits. */
const patienceMs = 30_000;

const beatMs = 60_000;

/** The role that mirrors a ledger, in order and without a gap, for as long as it runs. It goes on where the mirror ends. */
export function publisherRole(publisher: Publisher): ServeRole {
  return {
    name: 'publisher',
    needsLease: true,
    follows: 'all',
    run: (context) => mirrorLedger(publisher, { ...context, untilEnd: false }),
  };
}

/** Mirrors up to the end of the ledger as it is now, and returns then. Throws what the role throws. */
export function mirrorToTheEnd(
  publisher: Publisher,
  context: Pick<RoleContext, 'signal' | 'log' | 'tell'>,
): Promise<void> {
  return mirrorLedger(publisher, { ...context, untilEnd: true });
}

interface Context extends Pick<RoleContext, 'signal' | 'log' | 'tell'> {
  /** Ends where the ledger does, and does not wait for more. */
  readonly untilEnd: boolean;
}

/** Throws StreamForked, MirrorDiffers, MirrorUnavailable, and what streamEntries throws. */
async function mirrorLedger(publisher: Publisher, context: Context): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const beating = beat(publisher, { ...context, signal });
  try {
    for (let isDone = false; !isDone && !signal.aborted;) isDone = await follow(publisher, context);
  } finally {
    over.abort();
    await beating;
  }
}

/** Mirrors until the signal aborts or all is done: true. False once the mirror holds less than it did, or is gone. */
async function follow(publisher: Publisher, context: Context): Promise<boolean> {
  const { ledger, mirror, form, confirmed } = publisher;
  const { isNew } = await mirror.open();
  if (isNew) context.log.info({ stream: mirror.name }, 'stream made');
  const count = (await agreedCount(ledger, mirror)) ?? 0;
  const over = new AbortController();
  const entries = streamEntries(ledger, {
    after: count - 1,
    confirmed,
    follow: context.untilEnd ? undefined : AbortSignal.any([context.signal, over.signal]),
  });
  const ahead = new Ahead(messagesOf(entries, form), { max: underWayMax });
  const outbox = new Outbox(mirror, { done: count - 1, max: underWayMax });
  try {
    return await new Following(publisher, { context, outbox, size: (await ledger.head()).size }).run(ahead);
  } finally {
    over.abort();
    await outbox.settled();
    await ahead.end();
  }
}

async function* messagesOf(
  entries: AsyncIterable<StreamEntry>,
  form: MirrorForm,
): AsyncGenerator<MirrorMessage, void, undefined> {
  for await (const entry of entries) yield messageOf(entry, form);
}

class Following {
  readonly #publisher: Publisher;
  readonly #context: Context;
  readonly #outbox: Outbox;
  /** How many entries the ledger has, as far as it was seen. */
  #size: number;
  /** Since when nothing of what is under way has been acknowledged, and up to where it was then. */
  #waiting: { readonly done: number; readonly since: string } | undefined;
  #troubled: { done: number; sinceMs: number; attempts: number } | undefined;

  constructor(
    publisher: Publisher,
    { context, outbox, size }: { context: Context; outbox: Outbox; size: number },
  ) {
    this.#publisher = publisher;
    this.#context = context;
    this.#outbox = outbox;
    this.#size = size;
  }

  /** False once the mirror holds less than it did, or is gone; true when the signal aborts, and when all is done. */
  async run(ahead: Ahead): Promise<boolean> {
    const outbox = this.#outbox;
    while (!this.#context.signal.aborted) {
      this.#tell();
      if (outbox.trouble !== undefined) {
        if (!(await this.#recover(outbox.trouble))) return false;
      } else if (ahead.isDone && outbox.isEmpty) {
        ahead.take(0);
        return true;
      } else {
        const messages = ahead.take(outbox.room);
        for (const message of messages) this.#send(message);
        if (messages.length > 0) continue;
        const changed = [outbox.changed(), ...(outbox.room === 0 ? [] : [ahead.changed()])];
        if (!(await this.#isThereAfter(Promise.race(changed)))) return false;
        // Answers and entries come many at a time: what they make room for, and are, is sent in one piece.
        await nextTurn();
      }
    }
    return true;
  }

  /** Waits for something to do. False if nothing comes for a while, and the mirror holds less than it did, or is gone. */
  async #isThereAfter(changed: Promise<unknown>): Promise<boolean> {
    const { mirror, clock } = this.#publisher;
    const over = new AbortController();
    const quiet = Symbol('quiet');
    const came = await Promise.race([changed, clock.sleep(beatMs, over.signal).then(() => quiet)]);
    over.abort();
    const { done, isEmpty } = this.#outbox;
    if (came !== quiet || !isEmpty) return true;
    try {
      const extent = await mirror.extent();
      return extent !== undefined && extent.last > done;
    } catch (error) {
      if (!(error instanceof MirrorUnavailable)) throw error;
      return true;
    }
  }

  #send(message: MirrorMessage): void {
    this.#size = Math.max(this.#size, message.seq + 1);
    this.#outbox.send(message);
  }

  #tell(): void {
    const { done, trouble } = this.#outbox;
    if (this.#troubled !== undefined && done > this.#troubled.done && trouble === undefined) {
      this.#troubled = undefined;
      this.#context.log.info({ stream: this.#publisher.mirror.name, seq: done }, 'stream goes on');
    }
    if (this.#outbox.isEmpty) this.#waiting = undefined;
    else if (this.#waiting?.done !== done) this.#waiting = { done, since: this.#publisher.clock.now() };
    const since = this.#waiting?.since;
    const waitsFor = since === undefined ? undefined : { what: 'NATS', since };
    this.#context.tell({ seq: done, behind: this.#size - 1 - done, waitsFor });
  }

  /** Sends again what did not arrive, once it is known what did. False where the mirror holds less than it did, or is gone. */
  async #recover({ cause }: Trouble): Promise<boolean> {
    const { ledger, mirror, clock } = this.#publisher;
    const outbox = this.#outbox;
    if (cause !== undefined && !(cause instanceof MirrorUnavailable)) throw cause;
    await outbox.settled();
    const troubled = this.#troubledSince(cause);
    this.#tell();
    if (clock.elapsedMs() - troubled.sinceMs >= patienceMs)
      throw cause ?? new MirrorUnavailable(`the stream ${mirror.name} does not take what comes next`);
    await clock.sleep(pausesMs[troubled.attempts] ?? longestPauseMs, this.#context.signal);
    troubled.attempts += 1;
    if (this.#context.signal.aborted) return true;
    try {
      const count = await agreedCount(ledger, mirror, outbox.done + 1);
      return count !== undefined && outbox.resume(count);
    } catch (error) {
      if (!(error instanceof MirrorUnavailable)) throw error;
      return true;
    }
  }

  /** What arrives in between shows that waiting helps. */
  #troubledSince(cause: unknown): { sinceMs: number; attempts: number } {
    const { done } = this.#outbox;
    if (this.#troubled?.done === done) return this.#troubled;
    const { mirror, clock } = this.#publisher;
    if (this.#troubled === undefined)
      this.#context.log.warn({ stream: mirror.name, seq: done, err: cause }, 'stream takes nothing');
    this.#troubled = { done, sinceMs: clock.elapsedMs(), attempts: 0 };
    return this.#troubled;
  }
}

/** Whoever listens can tell silence from quiet, and holds a root against which a rewritten ledger shows. */
async function beat({ ledger, mirror, form, clock }: Publisher, { signal, log }: Context): Promise<void> {
  while (!signal.aborted) {
    try {
      const { size, root } = await ledger.head();
      const said = { ledgerId: ledger.id, size, root, time: clock.now() };
      await mirror.beat(form.format.heartbeat(said, form.context));
    } catch (err) {
      log.debug({ stream: mirror.name, err }, 'no heartbeat');
    }
    await clock.sleep(beatMs, signal);
  }
}
