/** An event as a writer proposes it. */
export interface ProposedEvent {
  /** A UUID in its canonical form, lower case. */
  readonly id: string;
  readonly type: string;
  /** Kept as a flag, as the real server does: any other content type comes back as application/octet-stream. */
  readonly json: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** An event of a stream. */
export interface StoredEvent extends ProposedEvent {
  readonly stream: string;
  readonly revision: number;
  /** In the log of all streams; its commit and prepare positions are the same. */
  readonly position: bigint;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** What a writer believes about the stream that it writes to. */
export type ExpectedRevision =
  | { readonly kind: 'any' }
  | { readonly kind: 'no-stream' }
  | { readonly kind: 'stream-exists' }
  | { readonly kind: 'exact'; readonly revision: number };

/** What one frame of the journal holds, in the order in which it takes effect. */
export type Commit =
  | {
      readonly kind: 'events';
      readonly stream: string;
      readonly created: number;
      readonly events: readonly ProposedEvent[];
    }
  | { readonly kind: 'tombstone'; readonly stream: string; readonly created: number };

/** Where commits are kept so that they survive. */
export interface Journal {
  readonly commits: readonly (readonly Commit[])[];
  /** All of them or, after a crash, none; they are on the disk when this returns. */
  write(commits: readonly Commit[]): void;
  close(): void;
}

export interface WriteRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly ProposedEvent[];
}

export type WriteOutcome =
  /** `last` is -1 and `position` undefined where there is nothing. */
  | { readonly kind: 'written'; readonly last: number; readonly position: bigint | undefined }
  | { readonly kind: 'wrong-expected-version'; readonly current: number }
  | { readonly kind: 'stream-deleted' };

/** What a reader sees of a stream: the events from `first` to `last`; none where `first` is above `last`. */
export type StreamView =
  | { readonly kind: 'missing' }
  | { readonly kind: 'tombstoned' }
  | { readonly kind: 'found'; readonly first: number; readonly last: number };

/** `revision` and the position of nothing: a stream without events. */
export const noRevision = -1;

/** The real server counts a UTF-16 type, the data and the metadata, and no overhead. */
export const sizeOf = (event: ProposedEvent): number =>
  event.type.length * 2 + event.data.length + event.metadata.length;
