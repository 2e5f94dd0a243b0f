import type { Entry } from '../../events/entry.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { replay, start, type Batch, type Cursor } from '../ledger/replay.ts';

/** A fold over a ledger's events, and how its state is written down. `fold` changes the state that it is given. */
export interface Projection<State> {
  readonly name: string;
  /** Raised whenever fold or the written form changes: state that another version kept is rebuilt. */
  readonly version: number;
  initial(): State;
  fold(state: State, entry: Entry): void;
  /** `at` is the time of the last entry that was folded; undefined before the first. */
  save(state: State, at: string | undefined): unknown;
  /** Takes what `save` gave, once through JSON. The value is trusted to be that. */
  load(saved: unknown): State;
}

/** A state and the place in the ledger that it stands for. */
interface FoldedState<State> {
  readonly state: State;
  readonly cursor: Cursor;
  readonly recordedAt: string | undefined;
  /** The length of the file that it came from; 0 or left out for none. */
  readonly keptBytes?: number;
  /** See Projected.companion. */
  readonly companion?: string | undefined;
}

/** The least length of what is new that is worth a file: less is read at once. */
const worthBytesMin = 65_536;
/**
 * The share of the kept file by whose length new things may have come since before it is written anew. It costs more to
 * write a state than to fold as many bytes of entries.
 */
const worthShare = 1 / 8;

/** True for a length of what is new that makes it worth while to keep it, `beside` a file of so many bytes. */
export function isWorthAFile(bytes: number, { beside }: { beside: number }): boolean {
  return bytes > Math.max(worthBytesMin, beside * worthShare);
}

/**
 * - `current`: state and cursor agree, and the ledger's root was reached.
 * - `moving`: batches are being read. State and cursor agree after each of them.
 * - `behind`: reading failed. State and cursor agree, and catchUp goes on from there.
 * - `broken`: the fold failed in the middle of a batch, or is in it now. The state cannot be relied upon.
 */
type FoldStanding = 'current' | 'moving' | 'behind' | 'broken';

/**
 * A projection's state with its place in the ledger. The two are one object and move on together, batch by batch, in
 * catchUp only. Functions that are given a Projected bring it up to date and give the same one back.
 */
export class Projected<State> {
  readonly #projection: Projection<State>;
  readonly #state: State;
  #cursor: Cursor;
  #recordedAt: string | undefined;
  #standing: FoldStanding = 'current';
  #keptBytes: number;
  #companion: string | undefined;
  #keptCompanion: string | undefined;
  #unkeptBytes = 0;

  /** Takes over a state that was folded up to the cursor: nobody else may change it from now on. */
  constructor(
    projection: Projection<State>,
    { state, cursor, recordedAt, keptBytes = 0, companion }: FoldedState<State>,
  ) {
    [this.#companion, this.#keptCompanion] = [companion, companion];
    this.#keptBytes = keptBytes;
    this.#projection = projection;
    this.#state = state;
    this.#cursor = cursor;
    this.#recordedAt = recordedAt;
  }

  /** Throws an Error unless the last catchUp came to its end. So do the two below. */
  get state(): State {
    this.#requireOneOf('current');
    return this.#state;
  }

  /** The entries that the state was folded from: how many, and their Merkle frontier. */
  get cursor(): Cursor {
    this.#requireOneOf('current');
    return this.#cursor;
  }

  /** The time at which the last of these batches was recorded; undefined before the first. */
  get recordedAt(): string | undefined {
    this.#requireOneOf('current');
    return this.#recordedAt;
  }

  /** The SHA-256 of a file that is kept with the state: whatever vouches for the state vouches for that file too. */
  get companion(): string | undefined {
    return this.#companion;
  }

  /** Hears of the SHA-256 of such a file, which is on the disk: it counts once the state is kept anew. */
  accompany(digest: string): void {
    this.#companion = digest;
  }

  /**
   * True if enough entries were folded since the state was kept, which whoever opens it next would fold again, or if it has another
   * companion.
   */
  get isWorthKeeping(): boolean {
    if (this.#companion !== this.#keptCompanion) return true;
    return isWorthAFile(this.#unkeptBytes, { beside: this.#keptBytes });
  }

  /** Hears that the state was kept as it is, in a file of so many bytes. */
  wasKept(bytes: number): void {
    [this.#keptBytes, this.#unkeptBytes] = [bytes, 0];
    this.#keptCompanion = this.#companion;
  }

  /**
   * Folds all entries up to the ledger's head. Throws the errors of replay: LedgerForked if the ledger no longer
   * continues the folded entries, UnreadableEntry, and so on. After such a fault nothing can be read here until
   * another catchUp has come to its end. That one goes on after the last folded batch, and checks the root over the
   * earlier batches too. Throws an Error if another catchUp is under way, or if the fold itself has failed.
   */
  async catchUp(ledger: LedgerReader): Promise<this> {
    this.#requireOneOf('current', 'behind');
    this.#standing = 'moving';
    try {
      await replay(ledger, {
        from: this.#cursor,
        onBatch: (batch) => {
          this.#fold(batch);
        },
        onSettled: (cursor) => {
          this.#cursor = cursor;
          this.#standing = 'moving';
        },
      });
    } catch (fault) {
      this.#stop();
      throw fault;
    }
    this.#standing = 'current';
    return this;
  }

  #fold({ entries, recordedAt, bytes }: Batch): void {
    this.#standing = 'broken';
    for (const entry of entries) this.#projection.fold(this.#state, entry);
    this.#recordedAt = recordedAt;
    this.#unkeptBytes += bytes;
  }

  #stop(): void {
    if (this.#standing === 'moving') this.#standing = 'behind';
  }

  #requireOneOf(...usable: readonly FoldStanding[]): void {
    if (!usable.includes(this.#standing))
      throw new Error(`the state of ${this.#projection.name} is ${this.#standing} and cannot be used`);
  }
}

/** A projection before the first entry. */
export function unfolded<State>(projection: Projection<State>): Projected<State> {
  return new Projected(projection, { state: projection.initial(), cursor: start, recordedAt: undefined });
}
