import type { StoredEntry } from '../../events/entry.ts';
import { Conflict, DuplicateWithDifferentContent, StoreUnavailable } from '../../src/ledger/faults.ts';
import { Frontier } from '../../src/ledger/merkle/frontier.ts';
import { leafHash } from '../../src/ledger/merkle/hash.ts';
import type {
  AppendRequest,
  AppendResult,
  Condition,
  Filter,
  Head,
  Ledger,
  ReadRange,
  SubscribeOptions,
  SubscriptionItem,
} from '../../src/ledger/port.ts';
import { contentDigest, sealBatch } from '../../src/ledger/seal.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type { IdSource } from '../../src/runtime/ids.ts';

interface Kept {
  readonly subject: string;
  readonly bytes: Uint8Array;
}

/** A ledger that is gone with the process: it keeps the port's promises but for durability. For tests. */
export class MemoryLedger implements Ledger {
  readonly id: string;
  readonly capabilities = { writeBytesMax: undefined, durability: 'memory' } as const;
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #kept: Kept[] = [];
  readonly #keys = new Map<string, { content: string; first: number; last: number }>();
  readonly #watchers = new Set<() => void>();
  readonly #tree = new Frontier({ size: 0, frontier: [] });
  #recordedAt = '';
  #open = true;

  constructor({ clock, ids }: { readonly clock: Clock; readonly ids: IdSource }) {
    this.#clock = clock;
    this.#ids = ids;
    this.id = ids(clock.now());
  }

  append(request: AppendRequest): Promise<AppendResult> {
    return Promise.try(() => {
      this.#requireOpen();
      const content = contentDigest(request);
      const earlier = this.#earlier(request.idempotencyKey, content);
      return earlier ?? this.#appendNew(request, content);
    });
  }

  async *read({ after = -1, to, filter }: ReadRange = {}): AsyncGenerator<StoredEntry, void, undefined> {
    this.#requireOpen();
    const last = Math.min(to ?? Infinity, this.#kept.length - 1);
    for (const { seq, subject, bytes } of this.#from(Math.max(-1, after))) {
      if (seq > last) return;
      if (matches(subject, filter)) yield await Promise.resolve({ seq, bytes });
    }
  }

  async *subscribe({
    after,
    filter,
    signal,
  }: SubscribeOptions): AsyncGenerator<SubscriptionItem, void, undefined> {
    let seen = after;
    let caughtUp = false;
    while (!signal.aborted) {
      this.#requireOpen();
      for (const { seq, subject, bytes } of this.#from(seen)) {
        seen = seq;
        if (!matches(subject, filter)) continue;
        if (caughtUp) yield { kind: 'fell-behind' };
        caughtUp = false;
        yield { kind: 'entry', entry: { seq, bytes } };
        if (isAborted(signal)) return;
      }
      if (!caughtUp) yield { kind: 'caught-up' };
      caughtUp = true;
      if (seen >= this.#kept.length - 1 && !isAborted(signal)) await this.#change(signal);
    }
  }

  head(): Promise<Head> {
    return Promise.try(() => {
      this.#requireOpen();
      return { size: this.#tree.size, root: this.#tree.root() };
    });
  }

  close(): Promise<void> {
    this.#open = false;
    this.#wake();
    return Promise.resolve();
  }

  #earlier(key: string | undefined, content: string): AppendResult | undefined {
    const known = key === undefined ? undefined : this.#keys.get(key);
    if (key === undefined || known === undefined) return undefined;
    if (known.content !== content) throw new DuplicateWithDifferentContent(key);
    return { first: known.first, last: known.last, duplicate: true };
  }

  #appendNew(request: AppendRequest, content: string): AppendResult {
    this.#requireUnchanged(request.conditions ?? []);
    const first = this.#kept.length;
    const now = this.#clock.now();
    const recordedAt = now > this.#recordedAt ? now : this.#recordedAt;
    for (const sealed of sealBatch(request, { first, recordedAt, ids: this.#ids })) {
      this.#kept.push(sealed);
      this.#tree.append(leafHash(sealed.bytes));
    }
    this.#recordedAt = recordedAt;
    const last = this.#kept.length - 1;
    if (request.idempotencyKey !== undefined)
      this.#keys.set(request.idempotencyKey, { content, first, last });
    this.#wake();
    return { first, last, duplicate: false };
  }

  #requireUnchanged(conditions: readonly Condition[]): void {
    const oldest = Math.min(...conditions.map(({ unchangedSince }) => unchangedSince));
    for (let index = this.#kept.length - 1; index > oldest; index -= 1) {
      const subject = this.#kept[index]?.subject ?? '';
      const broken = conditions.find(
        ({ subjects, unchangedSince }) => index > unchangedSince && matches(subject, { subjects }),
      );
      if (broken !== undefined) throw new Conflict({ subject, since: broken.unchangedSince, found: index });
    }
  }

  *#from(after: number): Generator<Kept & { seq: number }> {
    for (const [index, kept] of this.#kept.slice(after + 1).entries())
      yield { ...kept, seq: after + 1 + index };
  }

  #requireOpen(): void {
    if (!this.#open) throw new StoreUnavailable('the ledger was closed');
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#watchers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#watchers.add(done);
      signal.addEventListener('abort', done);
    });
  }
}

function matches(subject: string, filter: Filter | undefined): boolean {
  return (
    filter === undefined ||
    filter.subjects.some((prefix) => {
      const segments = prefix.split('/');
      return subject.split('/').slice(0, segments.length).join('/') === prefix;
    })
  );
}

/** Asked in a function, since the compiler takes the signal for unchanged across a yield. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
