import { randomUUID } from 'node:crypto';
import { checkCommit } from './commit-check.ts';
import type { StreamFacts } from './commit-check.ts';
import type {
  Commit,
  ExpectedRevision,
  Journal,
  ProposedEvent,
  StoredEvent,
  StreamView,
  WriteOutcome,
  WriteRequest,
} from './records.ts';
import { noRevision, sizeOf } from './records.ts';
import type { StreamMetadata } from './stream-metadata.ts';
import {
  firstVisible,
  isMetadataStream,
  isSoftDeleted,
  metadataStreamOf,
  parseStreamMetadata,
  withTruncation,
} from './stream-metadata.ts';

interface Stream {
  readonly events: StoredEvent[];
  tombstoned: boolean;
}

const recordOverhead = 64;

/** All streams of a server, or of the members of a cluster. A write is decided, kept and visible in one step. */
export class EventLog {
  readonly #streams = new Map<string, Stream>();
  readonly #recent = new Map<string, StoredEvent>();
  readonly #listeners = new Set<() => void>();
  readonly #journal: Journal | undefined;
  readonly #now: () => number;
  #position = 0n;

  constructor(journal?: Journal, now: () => number = Date.now) {
    this.#journal = journal;
    this.#now = now;
    for (const frame of journal?.commits ?? []) for (const commit of frame) this.#apply(commit);
    this.#recent.clear();
  }

  append({ stream, expected, events }: WriteRequest): WriteOutcome {
    const ids = events.map((event) => event.id);
    const decision = checkCommit(this.#facts(stream), expected, ids);
    const current = this.#last(stream);
    switch (decision.kind) {
      case 'deleted':
        return { kind: 'stream-deleted' };
      case 'wrong-expected-version':
        return { kind: 'wrong-expected-version', current };
      case 'idempotent':
        return this.#written(stream, decision.last);
      case 'write':
        if (events.length > 0)
          this.#commit([
            ...this.#revival(stream),
            this.#events(stream, events),
            ...this.#metaRevival(stream, events),
          ]);
        return this.#written(stream, current + events.length);
    }
  }

  /** A soft deletion truncates everything and lets the stream start anew; a hard one leaves a tombstone for ever. */
  delete({
    stream,
    expected,
    hard,
  }: {
    stream: string;
    expected: ExpectedRevision;
    hard: boolean;
  }): WriteOutcome {
    const decision = checkCommit(this.#facts(stream), expected, [randomUUID()]);
    if (decision.kind === 'deleted') return { kind: 'stream-deleted' };
    if (decision.kind === 'wrong-expected-version')
      return { kind: 'wrong-expected-version', current: this.#last(stream) };
    const exists = this.#last(stream) !== noRevision || this.#last(metadataStreamOf(stream)) !== noRevision;
    if (!hard && !exists) return { kind: 'wrong-expected-version', current: noRevision };
    // What else the metadata said is lost with the stream.
    const truncation = withTruncation({}, 'everything', randomUUID());
    this.#commit([
      hard
        ? { kind: 'tombstone', stream, created: this.#now() }
        : this.#events(metadataStreamOf(stream), [truncation]),
    ]);
    return { kind: 'written', last: this.#last(stream), position: this.#position };
  }

  view(stream: string): StreamView {
    const { last, tombstoned, softDeleted } = this.#facts(stream);
    if (tombstoned) return { kind: 'tombstoned' };
    if (last === noRevision || softDeleted) return { kind: 'missing' };
    const events = this.#streams.get(stream)?.events ?? [];
    const metadata = isMetadataStream(stream) ? { $maxCount: 1 } : this.metadata(stream);
    return { kind: 'found', first: firstVisible(events, metadata, this.#now()), last };
  }

  at(stream: string, revision: number): StoredEvent | undefined {
    return this.#streams.get(stream)?.events[revision];
  }

  metadata(stream: string): StreamMetadata {
    return parseStreamMetadata(this.#streams.get(metadataStreamOf(stream))?.events.at(-1));
  }

  /** Calls back after every commit, until the returned function is called. */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#journal?.close();
  }

  #last(stream: string): number {
    return (this.#streams.get(stream)?.events.length ?? 0) - 1;
  }

  #facts(stream: string): StreamFacts {
    const kept = this.#streams.get(stream);
    return {
      last: this.#last(stream),
      tombstoned: this.#isTombstoned(stream),
      softDeleted: isSoftDeleted(this.metadata(stream)),
      hasMetadata: this.#last(metadataStreamOf(stream)) !== noRevision,
      idAt: (revision) => kept?.events[revision]?.id,
      recentRevisionOf: (id) => {
        const event = this.#recent.get(id);
        return event?.stream === stream ? event.revision : undefined;
      },
    };
  }

  /** A deletion for good takes the metadata with it. */
  #isTombstoned(stream: string): boolean {
    const about = isMetadataStream(stream) ? stream.slice(metadataStreamOf('').length) : stream;
    return [stream, about].some((name) => this.#streams.get(name)?.tombstoned ?? false);
  }

  #written(stream: string, last: number): WriteOutcome {
    return { kind: 'written', last, position: this.at(stream, last)?.position };
  }

  /** A stream that was deleted softly begins where it ended. */
  #revival(stream: string): Commit[] {
    const metadata = this.metadata(stream);
    return isSoftDeleted(metadata) ? [this.#revived(stream, metadata)] : [];
  }

  /** New metadata for a stream that was deleted softly do not bring back what it held. */
  #metaRevival(metadataStream: string, events: readonly ProposedEvent[]): Commit[] {
    const stream = metadataStream.slice(metadataStreamOf('').length);
    const revives = isMetadataStream(metadataStream) && isSoftDeleted(this.metadata(stream));
    return revives ? [this.#revived(stream, parseStreamMetadata(events.at(-1)))] : [];
  }

  #revived(stream: string, metadata: StreamMetadata): Commit {
    const truncation = withTruncation(metadata, this.#last(stream) + 1, randomUUID());
    return this.#events(metadataStreamOf(stream), [truncation]);
  }

  #events(stream: string, events: readonly ProposedEvent[]): Commit {
    return { kind: 'events', stream, created: this.#now(), events };
  }

  #commit(commits: readonly Commit[]): void {
    this.#journal?.write(commits);
    for (const commit of commits) this.#apply(commit);
    for (const listener of [...this.#listeners]) listener();
  }

  #apply(commit: Commit): void {
    const stream = this.#streams.get(commit.stream) ?? { events: [], tombstoned: false };
    this.#streams.set(commit.stream, stream);
    if (commit.kind === 'tombstone') {
      stream.tombstoned = true;
      this.#position += BigInt(recordOverhead);
      return;
    }
    for (const event of commit.events) {
      const revision = stream.events.length;
      const stored = {
        ...event,
        stream: commit.stream,
        revision,
        position: this.#position,
        created: commit.created,
      };
      this.#position += BigInt(recordOverhead + sizeOf(event));
      stream.events.push(stored);
      this.#recent.set(event.id, stored);
    }
  }
}
