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
 * on the way. A digest in the kept file cannot tell an editor who makes it right; the entries can.
 */
export class Refolded<State> {
  readonly state: State;
  readonly #projection: Projection<State>;
  readonly #path: string;
  readonly #kept: KeptFile | undefined;
  #recordedAt: string | undefined;
  #isCompared = false;
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

  /** Takes the next batch of the ledger. */
  take(batch: Pick<Batch, 'entries' | 'last' | 'recordedAt'>): void {
    if (this.#kept !== undefined && batch.last >= this.#kept.cursor.size) this.#compare(this.#kept);
    for (const entry of batch.entries) this.#projection.fold(this.state, entry);
    this.#recordedAt = batch.recordedAt;
  }

  /** The fault of the kept state, if it differs. To be asked for once every batch was taken, up to the head. */
  difference(): KeptStateDiffers | undefined {
    if (this.#kept !== undefined) this.#compare(this.#kept);
    return this.#difference && new KeptStateDiffers(this.#path, this.#difference);
  }

  #compare({ state, recordedAt }: KeptFile): void {
    if (this.#isCompared) return;
    this.#isCompared = true;
    const saved: unknown = JSON.parse(JSON.stringify(this.#projection.save(this.state)));
    this.#difference = differenceOf(
      { ...Object(saved), 'time of the last entry': this.#recordedAt },
      { ...Object(state), 'time of the last entry': recordedAt },
    );
  }
}
