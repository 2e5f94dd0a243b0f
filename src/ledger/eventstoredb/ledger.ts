import type { StoredEntry } from '../../../events/entry.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { IdSource } from '../../runtime/ids.ts';
import { LedgerForked, StoreUnavailable } from '../faults.ts';
import type {
  AppendRequest,
  AppendResult,
  CopyTarget,
  Head,
  LedgerCapabilities,
  ReadRange,
  SubscribeOptions,
  SubscriptionItem,
} from '../port.ts';
import type { SettledBatch } from '../settled.ts';
import { Appender } from './appender.ts';
import { liesUnder } from '../conditions.ts';
import { Follower } from './follower.ts';
import { ledgerIdAt, readLedgerId } from './identity.ts';
import { patienceOf } from './patience.ts';
import { readPage } from './reader.ts';
import type { RenewableClient } from './renewable-client.ts';
import { connect, disconnect } from './server.ts';
import { subscribe, type SubscribablePlace } from './subscriber.ts';
import { takeOver } from './take-over.ts';
import { writeBytesMax, type WritablePlace } from './writer.ts';

export interface EventStoreLedgerOptions {
  /** `esdb://...` or `esdb+discover://...`, as the client reads it. */
  readonly url: string;
  /** Makes a ledger if the server has none. Without it a missing ledger is StoreUnavailable. */
  readonly create: boolean;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** The id for a ledger that is created as a copy of another one. A new id if left out. */
  readonly idOfNew?: string | undefined;
  /** The time for which a passing failure is tried again, in milliseconds; 15 seconds if left out. */
  readonly patienceMilliseconds?: number;
  /** The longest time of one call, in milliseconds; 5 seconds if left out. */
  readonly callMilliseconds?: number;
  /** The time that another process has to finish a batch, in milliseconds; 5 seconds if left out. */
  readonly graceMilliseconds?: number;
}

/** Entries read with one call. */
const pageEntries = 500;

type LedgerStream = WritablePlace & SubscribablePlace;

/**
 * Opens the ledger of an EventStoreDB server or cluster. Any number of processes, on any number of machines, may
 * append to it and read it. Throws StoreUnavailable if there is no ledger, or no server; LedgerForked if entries are
 * gone.
 */
export async function openEventStoreLedger(options: EventStoreLedgerOptions): Promise<CopyTarget> {
  const { url, create, clock, ids, graceMilliseconds = 5000 } = options;
  const connected = connect(url, clock);
  const { client } = connected;
  const server = { ...connected, patience: patienceOf(options) };
  try {
    const id = await ledgerIdAt(server, { create, newId: () => options.idOfNew ?? ids(clock.now()) });
    const stream = `isoledger-${id}`;
    const place = { ...server, stream, place: `stream ${stream} on ${server.place}` };
    const ledger = new EventStoreLedger(id, { place, client, clock, ids, graceMilliseconds });
    await ledger.head();
    return ledger;
  } catch (error) {
    await disconnect(connected);
    throw error;
  }
}

/**
 * The id of the ledger on a server; undefined if there is none. Throws StoreUnavailable, LedgerDamaged; LedgerForked
 * if the server no longer says which ledger it has.
 */
export async function ledgerIdOf(url: string, clock: Clock): Promise<string | undefined> {
  const server = connect(url, clock);
  try {
    return await readLedgerId({ ...server, patience: patienceOf({ clock }) });
  } finally {
    await disconnect(server);
  }
}

class EventStoreLedger implements CopyTarget {
  readonly id: string;
  readonly capabilities: LedgerCapabilities = { writeBytesMax, durability: 'quorum' };
  readonly #place: LedgerStream;
  readonly #client: RenewableClient;
  readonly #follower: Follower;
  readonly #appender: Appender;
  #isOpen = true;

  constructor(
    id: string,
    {
      place,
      client,
      clock,
      ids,
      graceMilliseconds,
    }: {
      place: LedgerStream;
      client: RenewableClient;
      clock: Clock;
      ids: IdSource;
      graceMilliseconds: number;
    },
  ) {
    this.id = id;
    this.#place = place;
    this.#client = client;
    this.#follower = new Follower(place, { graceMilliseconds });
    this.#appender = new Appender(place, { follower: this.#follower, clock, ids });
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    this.#requireOpen();
    return this.#appender.append(request);
  }

  async takeOver(batches: readonly SettledBatch[]): Promise<void> {
    this.#requireOpen();
    await this.#follower.catchUp();
    await takeOver(this.#place, { batches, log: this.#follower.log });
  }

  async *read(range: ReadRange = {}): AsyncGenerator<StoredEntry, void, undefined> {
    const { after = -1, filter } = range;
    const last = await this.#lastOf(range);
    for (let from = Math.max(0, after + 1); from <= last;) {
      this.#requireOpen();
      const page = await readPage(this.#place, { from, count: Math.min(pageEntries, last - from + 1) });
      for (const entry of page) if (this.#isUnder(entry, filter)) yield entry;
      if (page.length === 0) {
        if (from < this.#follower.log.size) throw new LedgerForked({ place: this.#place.place, from });
        return;
      }
      from += page.length;
    }
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<SubscriptionItem, void, undefined> {
    this.#requireOpen();
    yield* subscribe(this.#place, options);
  }

  async head(): Promise<Head> {
    this.#requireOpen();
    await this.#follower.catchUp();
    return this.#follower.log.head;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await disconnect({ client: this.#client, clock: this.#place.patience.clock });
  }

  /**
   * The last seq of a reading. A reading with a filter has only entries that take effect, so nothing of an unfinished
   * batch.
   */
  async #lastOf({ to, filter }: ReadRange): Promise<number> {
    if (filter === undefined) return to ?? (await this.head()).size - 1;
    await this.head();
    return Math.min(to ?? Infinity, this.#follower.log.settledSize - 1);
  }

  #isUnder({ seq }: StoredEntry, filter: ReadRange['filter']): boolean {
    if (filter === undefined) return true;
    const subject = this.#follower.log.subjectAt(seq);
    return subject !== undefined && filter.subjects.some((prefix) => liesUnder(subject, prefix));
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new StoreUnavailable(`${this.#place.place} was closed`);
  }
}
