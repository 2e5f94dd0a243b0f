import type { StoredEntry } from '../../../events/entry.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { IdSource } from '../../runtime/ids.ts';
import { StoreUnavailable } from '../faults.ts';
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
import { BatchAppender } from './appender.ts';
import { openConnection, openForAsking, openForReading } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import { EntryReader } from './reader.ts';
import { openFile, type OpenFile } from './reading.ts';
import { asFault } from './sqlite-error.ts';
import { Tail } from './tail.ts';
import { takeOver } from './take-over.ts';

export interface SqliteLedgerOptions {
  readonly path: string;
  /** The name that the file was given by, where it is another one: a link that may come to lead elsewhere. */
  readonly named?: string;
  /** Creates the file and its folder if they are missing. Without it a missing file is StoreUnavailable. */
  readonly create: boolean;
  /** Never writes. It takes no right to write, no room on the disk, and no medium that can be written. */
  readonly readOnly?: boolean;
  /** Opened as readOnly where the file cannot be opened for writing: for those who only ask. */
  readonly asksOnly?: boolean | undefined;
  /** The longest wait for another process that is writing, in milliseconds; 10 seconds if left out. */
  readonly busyMillisecondsMax?: number;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** The id for a ledger that is created as a copy of another one. A new id if left out. */
  readonly idOfNew?: string | undefined;
}

type LedgerParts = Required<Pick<SqliteLedgerOptions, 'path' | 'readOnly' | 'clock' | 'ids'>> &
  Pick<SqliteLedgerOptions, 'named'>;

/**
 * Opens the ledger in a file. Any number of processes of one machine may append to it and read it at the same time.
 * Throws StoreUnavailable if there is no ledger, the file is something else, or it cannot be opened; LedgerDamaged if
 * its tables or the triggers that guard them were changed, or if its head is not that of its entries.
 */
export function openSqliteLedger(options: SqliteLedgerOptions): CopyTarget {
  const { path, named = path, create, readOnly = false, busyMillisecondsMax = 10_000 } = options;
  const { clock, ids } = options;
  const newId = (): string => options.idOfNew ?? ids(clock.now());
  const file = open();
  try {
    const isReadOnly = readOnly || options.asksOnly === true;
    const parts = { path, named, readOnly: isReadOnly, clock, ids };
    const ledger = asFault(path, () => new SqliteLedger(file, parts));
    ledger.requireSoundHead();
    return ledger;
  } catch (error) {
    file.database.close();
    throw error;
  }

  function open(): OpenFile {
    if (readOnly) return openForReading({ path, busyMillisecondsMax });
    if (options.asksOnly === true) return openForAsking({ path, busyMillisecondsMax });
    return openFile(path, openConnection({ path, create, busyMillisecondsMax, newId }));
  }
}

/** The ledger in an open file. Closing the ledger closes the file. Throws the errors of SQLite. */
export function ledgerOver(file: OpenFile, options: LedgerParts): CopyTarget {
  return new SqliteLedger(file, options);
}

class SqliteLedger implements CopyTarget {
  readonly id: string;
  readonly capabilities: LedgerCapabilities = { writeBytesMax: undefined, durability: 'disk' };
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #readOnly: boolean;
  readonly #reader: EntryReader;
  readonly #tail: Tail;
  readonly #commits: GroupCommit;

  constructor(file: OpenFile, { path, named = path, readOnly, clock, ids }: LedgerParts) {
    this.#file = file;
    this.#path = path;
    this.#readOnly = readOnly;
    this.#reader = new EntryReader(file, { path, named, clock });
    this.id = this.#reader.ledgerId();
    this.#tail = new Tail(file.database);
    const appender = new BatchAppender(file.database, { tail: this.#tail, clock, ids });
    this.#commits = new GroupCommit({ tail: this.#tail, appender, path });
  }

  /** Throws LedgerDamaged if the head that was noted is not that of the entries. */
  requireSoundHead(): void {
    this.#reader.head();
  }

  append(request: AppendRequest): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#requireWritable();
      this.#commits.add({ request, resolve, reject });
    });
  }

  takeOver(batches: readonly SettledBatch[]): Promise<void> {
    return Promise.try(() => {
      this.#requireWritable();
      this.#commits.flush();
      takeOver(this.#file.database, { tail: this.#tail, batches, path: this.#path });
    });
  }

  read({ after = -1, to, filter }: ReadRange = {}): AsyncIterable<StoredEntry> {
    const last = this.#reader.size() - 1;
    return this.#reader.read({ after, to: Math.min(to ?? last, last), filter });
  }

  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionItem> {
    return this.#reader.subscribe(options);
  }

  head(): Promise<Head> {
    return Promise.try(() => this.#reader.head());
  }

  /** Waiting appends are written first. */
  close(): Promise<void> {
    if (this.#file.database.isOpen) {
      this.#commits.flush();
      this.#file.database.close();
    }
    return Promise.resolve();
  }

  #requireWritable(): void {
    if (this.#readOnly) throw new StoreUnavailable(`${this.#path} was opened for reading only`);
    if (!this.#file.database.isOpen) throw new StoreUnavailable(`${this.#path} was closed`);
  }
}
