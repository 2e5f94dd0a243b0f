import type { Batch } from '../ledger/replay.ts';
import { Fault } from '../runtime/errors.ts';
import { differenceOf, type ValueDifference } from './difference.ts';
import type { KeptFile } from './kept-state.ts';
import type { Projection } from './projection.ts';

/** The kept state is not what the entries come to: somebody edited it, or a fault of this program wrote it. */
export class KeptStateDiffers extends Fault {
  readonly code = 'KeptStateDiffers';
  readonly category = 'integrity';

  constructor(path: string, { where, expected, found }: ValueDifference) {
    super(
      `${path} is not what the entries of the ledger come to: at ${where} it holds ${found ?? 'nothing'}, by the entries it is ${expected ?? 'nothing'}`,
    );
  }
}

/**
 * A state that is folded from the entries alone, batch by batch from the first one, and compared with the kept state
 * on the way. An entry vouches for the bytes of the kept file, and not for what a fault of this program wrote there, or whoever adds such an
 * entry to the ledger: the entries tell.
 */
export class Refolded<State> {
  readonly state: State;
  readonly #projection: Projection<State>;
  readonly #path: string;
  readonly #kept: KeptFile | undefined;
  #recordedAt: string | undefined;
  #isCompared = false;
  #isVouchedFor = false;
  #difference: ValueDifference | undefined;

  /** `kept` is what is kept at `path`. State that another version kept is not compared: nobody uses it. */
  constructor(projection: Projection<State>, { path, kept }: { path: string; kept: KeptFile | undefined }) {
    this.state = projection.initial();
    this.#projection = projection;
    this.#path = path;
    this.#kept = kept?.version === projection.version ? kept : undefined;
  }

  /** True if there is kept state to compare with. */
  get isKept(): boolean {
    return this.#kept !== undefined;
  }

  /** True if an entry vouches for the kept state. Else it was edited, and nobody uses it. To be asked as `difference`. */
  get isVouchedFor(): boolean {
    return this.#isVouchedFor;
  }

  /** See Projected.companion. Undefined if the kept state is not used. To be asked as `difference`. */
  get companion(): string | undefined {
    return this.#isVouchedFor ? this.#kept?.companion : undefined;
  }

  /** Takes the next batch of the ledger. */
  take(batch: Pick<Batch, 'entries' | 'last' | 'recordedAt'>): void {
    if (this.#kept !== undefined && batch.last >= this.#kept.cursor.size) this.#compare(this.#kept);
    for (const entry of batch.entries) {
      this.#projection.fold(this.state, entry);
      if (entry.type === 'StateKept' && entry.data.digest === this.#kept?.digest) this.#isVouchedFor = true;
    }
    this.#recordedAt = batch.recordedAt;
  }

  /**
   * The fault of the kept state, if commands use it and it differs. To be asked for once every batch was taken, up to the
   * head.
   */
  difference(): KeptStateDiffers | undefined {
    if (this.#kept === undefined || !this.#isVouchedFor) return undefined;
    this.#compare(this.#kept);
    return this.#difference && new KeptStateDiffers(this.#path, this.#difference);
  }

  #compare({ state, recordedAt }: KeptFile): void {
    if (this.#isCompared) return;
    this.#isCompared = true;
    const found = writtenIn(state);
    const written = this.#projection.save(this.state, this.#recordedAt);
    const saved: unknown = JSON.parse(JSON.stringify(written));
    this.#difference = differenceOf(
      { ...Object(saved), 'time of the last entry': this.#recordedAt },
      { ...Object(found), 'time of the last entry': recordedAt },
    );
  }
}

/** Undefined for what no program wrote: no entry vouches for it then. */
function writtenIn(state: () => unknown): unknown {
  try {
    return state();
  } catch {
    return undefined;
  }
}
