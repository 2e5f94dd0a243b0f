import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredEntry } from '../../../events/entry.ts';
import type { Clock } from '../../runtime/clock.ts';
import { nextTurn } from '../../runtime/next-turn.ts';
import { primaryCode, resultCode } from '../../runtime/sqlite-result.ts';
import { LedgerDamaged, LedgerForked, StoreUnavailable } from '../faults.ts';
import type { Filter, Head, SubscribeOptions, SubscriptionItem } from '../port.ts';
import { bytesOf, integerOf, textOf } from './columns.ts';
import { FileAtPath } from './file-at-path.ts';
import { HeadReader } from './head.ts';
import type { OpenFile } from './reading.ts';
import { asFault, faultOf } from './sqlite-error.ts';

/**
 * The number of entries that are fetched at once. So a reader buffers at most 16 MiB. A page is one short read
 * transaction: between pages even a slow reader lets SQLite tidy up the write-ahead log.
 */
const pageEntries = 256;
/** Milliseconds after which a subscriber that has seen all looks again: other processes give no sign. */
const pollMilliseconds = 25;

/** How often a question is asked of a file that others begin to write to, and leave, again and again. */
const attemptsMax = 100;

const select = 'SELECT seq, bytes FROM entry WHERE seq > ?1 AND seq <= ?2';
/** Matches whole segments of a path: `0` is the character after `/`. */
const underAPrefix = `EXISTS (SELECT 1 FROM json_each(?3)
  WHERE entry.subject = value OR (entry.subject > value || '/' AND entry.subject < value || '0'))`;

interface PageRange {
  readonly after: number;
  readonly to: number;
  readonly filter: Filter | undefined;
}

/** The statements by which a database is asked. */
interface Queries {
  readonly head: HeadReader;
  readonly id: StatementSync;
  readonly all: StatementSync;
  readonly filtered: StatementSync;
}

function queriesOf(database: DatabaseSync): Queries {
  return {
    head: new HeadReader(database),
    id: database.prepare('SELECT id FROM ledger'),
    all: database.prepare(`${select} ORDER BY seq`),
    filtered: database.prepare(`${select} AND ${underAPrefix} ORDER BY seq`),
  };
}

export class EntryReader {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #place: FileAtPath;
  #queries: Queries;

  /** Throws the errors of SQLite. */
  constructor(file: OpenFile, { path, named, clock }: { path: string; named: string; clock: Clock }) {
    this.#file = file;
    this.#path = path;
    this.#clock = clock;
    this.#place = new FileAtPath(path, named);
    this.#queries = queriesOf(file.database);
  }

  /** Throws StoreUnavailable, LedgerDamaged, as all methods here do. */
  ledgerId(): string {
    return this.#ask(({ id }) => textOf(id.get(), 'id'));
  }

  size(): number {
    return this.#ask(({ head }) => head.size());
  }

  head(): Head {
    const tree = this.#ask(({ head }) => head.tree());
    return { size: tree.size, root: tree.root() };
  }

  /** Between pages the other work of this process has its turn. */
  async *read({ after, to, filter }: PageRange): AsyncGenerator<StoredEntry, void, undefined> {
    for (let seen = after; seen < to; seen += pageEntries) {
      yield* this.#page({ after: seen, to: Math.min(seen + pageEntries, to), filter });
      await nextTurn();
    }
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<SubscriptionItem, void, undefined> {
    const { filter, signal } = options;
    let seen = options.after;
    let caughtUp = false;
    let size = 0;
    while (!signal.aborted) {
      if (this.#wasOverwritten()) caughtUp = false;
      size = this.#sizeFrom(size);
      const last = size - 1;
      if (seen < last) {
        const to = Math.min(seen + pageEntries, last);
        const entries = this.#page({ after: seen, to, filter });
        if (caughtUp && entries.length > 0) yield { kind: 'fell-behind' };
        caughtUp &&= entries.length === 0;
        yield* untilAborted(entries, signal);
        seen = to;
        await nextTurn();
      } else if (caughtUp) {
        await this.#clock.sleep(pollMilliseconds, signal);
      } else {
        caughtUp = true;
        yield { kind: 'caught-up' };
      }
    }
  }

  /** The size of a ledger that had `known` entries. Throws LedgerForked if it has fewer now. */
  #sizeFrom(known: number): number {
    const size = this.size();
    if (size < known) throw new LedgerForked({ place: this.#path, from: size });
    return size;
  }

  /**
   * True if the file was written to beside SQLite, perhaps. Pages that SQLite keeps in memory are let go then, so that
   * what is read next comes from the file. Throws LedgerForked if the file was replaced.
   */
  #wasOverwritten(): boolean {
    const { database } = this.#file;
    if (!database.isOpen || !this.#place.wasWritten()) return false;
    asFault(this.#path, () => {
      database.exec('PRAGMA shrink_memory');
    });
    return true;
  }

  #page({ after, to, filter }: PageRange): readonly StoredEntry[] {
    const rows = this.#ask(({ all, filtered }) =>
      filter === undefined ? all.all(after, to) : filtered.all(after, to, JSON.stringify(filter.subjects)),
    );
    return rows.map((row) => ({ seq: integerOf(row, 'seq'), bytes: bytesOf(row, 'bytes') }));
  }

  /** A file that was a ledger when it was opened, and is none now, was overwritten. */
  #faultOf(error: unknown): unknown {
    return primaryCode(error) === resultCode.notADatabase
      ? new LedgerDamaged(`${this.#path} is damaged: it was overwritten, and is no ledger any more`, {
          cause: error,
        })
      : faultOf(error, this.#path);
  }

  /** True if what was read may be wrong. The file is open anew then, and its statements are prepared anew. */
  #renew(): boolean {
    return asFault(this.#path, () => {
      if (!this.#file.renew()) return false;
      this.#queries = queriesOf(this.#file.database);
      return true;
    });
  }

  /** What was read of a file that somebody began to write to meanwhile is asked again. */
  #ask<Answer>(question: (queries: Queries) => Answer): Answer {
    if (!this.#file.database.isOpen) throw new StoreUnavailable(`${this.#path} was closed`);
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      try {
        const answer = question(this.#queries);
        if (!this.#renew()) return answer;
      } catch (error) {
        if (!this.#renew()) throw this.#faultOf(error);
      }
    }
    throw new StoreUnavailable(
      `${this.#path} changed at every moment while it was read: give the command again`,
    );
  }
}

function* untilAborted(entries: readonly StoredEntry[], signal: AbortSignal): Generator<SubscriptionItem> {
  for (const entry of entries) {
    if (signal.aborted) return;
    yield { kind: 'entry', entry };
  }
}
