import { leafHash } from '../../ledger/merkle/hash.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import type { Cursor } from '../../ledger/replay.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Fault } from '../../runtime/errors.ts';
import { Retry } from '../../runtime/retry.ts';
import type { RoleContext, ServeRole } from '../../serve/role.ts';
import { streamEntries, type StreamEntry } from '../event-stream.ts';
import type { EventFormat, FormatContext } from '../formats/format.ts';
import { heartbeatId } from '../formats/heartbeat-id.ts';
import type { CursorPlace } from './cursor.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import { EntryRefused, SinkUnavailable } from './faults.ts';
import { Intake } from './intake.ts';
import type { OnBroken, SinkDelivery, Sink, SinkBeat, SinkEntry } from './port.ts';
import { lateSignal } from './late-signal.ts';
import { skippedFor, type SkippedEntries } from './skipped.ts';

/** `Place`: where it is kept how far the sink is. */
type NotedOfSink = 'isWished' | 'fulfil' | 'confirmed' | 'note' | 'noteRefused';

export interface Forwarder<Place = Pick<CursorPlace, NotedOfSink>> {
  /** The name of the sink. */
  readonly name: string;
  readonly ledger: LedgerReader;
  /** How entries are written for the sink. */
  readonly format: EventFormat;
  readonly context: FormatContext;
  readonly cursor: Place;
  readonly clock: Clock;
  readonly random: () => number;
  /** Places of the ledger that were confirmed, so that entries before them need not be hashed again. */
  readonly confirmed?: readonly Cursor[] | undefined;
  readonly open: (onBroken?: OnBroken) => Sink;
  /** Where it is counted what comes of deliveries; nowhere if left out. */
  readonly counts?: DeliveryCounts | undefined;
}

const beatMs = 60_000;
/** How long a sink that takes nothing is left alone, in milliseconds: at first, and at most. */
const pauseMs = { shortestMs: 250, longestMs: 60_000 };
/** The longest that a receiver can ask to be left alone. */
const retryAfterMsMax = 3_600_000;
/** How often it is looked whether the sink is to be delivered again, where nothing comes. */
const lookMs = 1_000;

/** The role of whoever delivers to a sink. */
export function forwarderName(sink: string): string {
  return `forwarder/${sink}`;
}

/** The role that delivers a ledger to a sink, in order and without a gap, for as long as it runs. */
export function forwarderRole(forwarder: Forwarder): ServeRole {
  return {
    name: forwarderName(forwarder.name),
    needsLease: true,
    follows: 'all',
    run: (context) => forward(forwarder, context),
  };
}

type Context = Pick<RoleContext, 'signal' | 'log' | 'tell'>;

/** Throws EntryRefused, CursorAstray, ForeignState, and what streamEntries throws. */
async function forward(forwarder: Forwarder, context: Context): Promise<void> {
  forwarder.counts?.begin(forwarder.name);
  while (!context.signal.aborted) {
    await forwarder.cursor.fulfil(forwarder.ledger);
    await forwardOn(forwarder, context);
  }
}

/** Delivers behind the cursor until the signal aborts, or somebody wishes that it is delivered again from elsewhere. */
async function forwardOn(forwarder: Forwarder, context: Context): Promise<void> {
  const { name, ledger, confirmed, cursor, clock } = forwarder;
  const skipped = await skippedFor(ledger, name);
  const over = new AbortController();
  const follow = AbortSignal.any([context.signal, over.signal]);
  const after = (await cursor.confirmed(ledger))?.seq ?? -1;
  const entries = streamEntries(ledger, { after, confirmed, follow });
  const intake = new Intake(entries, (entry) => sinkEntry(entry, forwarder));
  const late = lateSignal(context.signal, clock, over.signal);
  const forwarding = new Forwarding(forwarder, { context, intake, after, late, skipped });
  try {
    await forwarding.run();
  } finally {
    over.abort();
    await intake.end();
    await forwarding.close();
  }
}

/** The entry as it is delivered. Throws UnreadableEntry. */
function sinkEntry(
  entry: StreamEntry,
  { format, context }: Pick<Forwarder, 'format' | 'context'>,
): SinkEntry {
  const { seq, stored, envelope } = entry;
  const time = envelope.effectiveAt ?? envelope.recordedAt;
  return { seq, id: envelope.id, leaf: leafHash(stored.bytes), time, text: format.write(entry, context) };
}

/** Says that the ledger is alive, and what it holds. */
export async function sinkBeat({
  ledger,
  format,
  context,
  clock,
}: Pick<Forwarder, 'ledger' | 'format' | 'context' | 'clock'>): Promise<SinkBeat> {
  const { size, root } = await ledger.head();
  const beat = { ledgerId: ledger.id, size, root, time: clock.now() };
  return { id: heartbeatId(beat), time: beat.time, text: format.heartbeat(beat, context) };
}

class Forwarding {
  readonly #forwarder: Forwarder;
  readonly #context: Context;
  readonly #intake: Intake;
  readonly #sink: Sink;
  readonly #late: AbortSignal;
  readonly #skipped: SkippedEntries;
  readonly #retry: Retry;
  #done: number;
  /** Since when the receiver has not acknowledged what it was to take. */
  #waitingSince: string | undefined;
  #beatAtMs = -Infinity;
  /** The most entries of a delivery: fewer while it is looked for the one that is refused. */
  #entriesMax = Infinity;

  constructor(
    forwarder: Forwarder,
    of: {
      context: Context;
      intake: Intake;
      after: number;
      late: AbortSignal;
      skipped: SkippedEntries;
    },
  ) {
    this.#forwarder = forwarder;
    this.#context = of.context;
    this.#intake = of.intake;
    this.#sink = forwarder.open((broken) => {
      this.#broken(broken);
    });
    this.#late = of.late;
    this.#skipped = of.skipped;
    this.#done = of.after;
    this.#retry = new Retry({ ...pauseMs, random: forwarder.random });
  }

  /** Returns when the signal aborts, and when it is to be delivered again. */
  async run(): Promise<void> {
    const { signal } = this.#context;
    this.#tell();
    while (!signal.aborted && !this.#forwarder.cursor.isWished) {
      const { limits } = this.#sink;
      const entriesMax = Math.min(limits.entriesMax, this.#entriesMax);
      const batch = this.#intake.peek({ ...limits, entriesMax });
      if (this.#beatInMs() <= 0) await this.#beat();
      else if (batch.length === 0) await this.#idle();
      else await this.#takeUpToSkipped(batch);
    }
  }

  async close(): Promise<void> {
    await this.#sink.close();
  }

  #broken(err: Fault): void {
    const { name, counts } = this.#forwarder;
    counts?.failed(name, 'connection');
    this.#context.log.warn({ err, seq: this.#done }, 'the connection to the receiver broke');
  }

  /** Sleeps until something comes, a heartbeat is due, or it is to be looked whether somebody wishes something. */
  async #idle(): Promise<void> {
    const woken = new AbortController();
    this.#intake.onChange(() => {
      woken.abort();
    });
    if (this.#intake.peek(this.#sink.limits).length > 0) return;
    const either = AbortSignal.any([this.#context.signal, woken.signal]);
    await this.#forwarder.clock.sleep(Math.min(this.#beatInMs(), lookMs), either);
  }

  /** An entry that somebody decided not to deliver is passed over, once all before it are delivered. */
  async #takeUpToSkipped(batch: readonly SinkEntry[]): Promise<void> {
    const at = batch.findIndex(({ seq, id }) => this.#skipped.get(seq) === id);
    const [first] = batch;
    if (at !== 0 || first === undefined) {
      await this.#take(at === -1 ? batch : batch.slice(0, at));
      return;
    }
    this.#context.log.warn({ seq: first.seq }, 'an entry is passed over, as it was decided');
    await this.#acknowledged(first);
    this.#tell();
  }

  async #take(batch: readonly SinkEntry[]): Promise<void> {
    const { log } = this.#context;
    this.#tellWaiting();
    const { upTo, trouble } = await this.#deliver(batch);
    const taken = batch.filter(({ seq }) => seq <= upTo);
    const last = taken.at(-1);
    if (last !== undefined) {
      await this.#acknowledged(last);
      this.#waitingSince = undefined;
      // A receiver that takes a part of what it is given is there: it is not left alone for longer each time.
      if (trouble instanceof SinkUnavailable) this.#retry.succeeded();
    }
    const { name, counts } = this.#forwarder;
    counts?.acknowledged(name, taken.length);
    if (trouble !== undefined) counts?.failed(name, 'entries');
    if (trouble === undefined) {
      if (this.#retry.times > 0) log.info({ seq: this.#done }, 'the sink goes on');
      this.#retry.succeeded();
      this.#entriesMax *= 2;
    } else if (trouble instanceof EntryRefused) await this.#refused(batch, trouble);
    else await this.#wait(trouble);
    this.#tell();
  }

  async #deliver(batch: readonly SinkEntry[]): Promise<SinkDelivery> {
    try {
      return await this.#sink.deliver(batch, this.#late);
    } catch (error) {
      if (!(error instanceof EntryRefused) && !(error instanceof SinkUnavailable)) throw error;
      return { upTo: this.#done, trouble: error };
    }
  }

  /** The cursor moves behind what was acknowledged, and never before. */
  async #acknowledged(last: SinkEntry): Promise<void> {
    await this.#forwarder.cursor.note(last);
    this.#done = last.seq;
    this.#intake.drop(last.seq);
  }

  /** Of several entries, it is looked for the one that is refused: all before it are delivered. */
  async #refused(batch: readonly SinkEntry[], trouble: EntryRefused): Promise<void> {
    const left = batch.filter(({ seq }) => seq > this.#done);
    const [first] = left;
    if (left.length > 1 && trouble.seq !== first?.seq) {
      this.#entriesMax = Math.ceil(left.length / 2);
      return;
    }
    if (first !== undefined) await this.#forwarder.cursor.noteRefused(first);
    const seq = first?.seq ?? trouble.seq;
    throw new EntryRefused(`entry ${String(seq)} is refused: ${trouble.message}`, {
      seq,
      cause: trouble.cause,
    });
  }

  async #wait(trouble: Fault): Promise<void> {
    const { log, signal } = this.#context;
    const asked = trouble instanceof SinkUnavailable ? (trouble.retryAfterMs ?? 0) : 0;
    const inMs = Math.max(this.#retry.failed(), Math.min(asked, retryAfterMsMax));
    const level = this.#retry.times === 1 ? 'warn' : 'debug';
    log[level]({ err: trouble, seq: this.#done, inMs }, 'the sink takes nothing, and is tried again');
    this.#tellWaiting();
    await this.#forwarder.clock.sleep(inMs, signal);
  }

  #beatInMs(): number {
    return this.#beatAtMs + beatMs - this.#forwarder.clock.elapsedMs();
  }

  /** Whoever listens can tell silence from quiet. One that does not arrive says nothing more than what is delivered will. */
  async #beat(): Promise<void> {
    this.#beatAtMs = this.#forwarder.clock.elapsedMs();
    try {
      const said = await sinkBeat(this.#forwarder);
      this.#tellWaiting();
      await this.#sink.beat(said, this.#late);
      this.#waitingSince = undefined;
      this.#tell();
    } catch (error) {
      if (!(error instanceof EntryRefused) && !(error instanceof SinkUnavailable)) throw error;
      const { name, counts } = this.#forwarder;
      counts?.failed(name, 'heartbeat');
      this.#context.log.debug({ err: error }, 'no heartbeat');
    }
  }

  #tellWaiting(): void {
    this.#waitingSince ??= this.#forwarder.clock.now();
    this.#tell();
  }

  #tell(): void {
    const since = this.#waitingSince;
    const waitsFor = since === undefined ? undefined : { what: 'the receiver', since };
    const behind = this.#intake.lastRead - this.#done;
    this.#context.tell({ seq: this.#done, behind, waitsFor });
  }
}
