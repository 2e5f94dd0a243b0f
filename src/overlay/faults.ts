import { Fault } from '../runtime/errors.ts';

/**
 * A host already holds the set of a plan that the sender of this one does not know: a later one, or another one of that
 * number. The sender is behind, or goes on from an older copy of the ledger.
 */
export class Fenced extends Fault {
  readonly code = 'Fenced';
  readonly category = 'conflict';
  /** The number of the plan that the host holds. */
  readonly held: number;

  constructor(at: { host: string; plan: number; held: number; is: keyof typeof heldWords }) {
    super(`host ${at.host} holds ${heldWords[at.is](at.held)} and refuses plan ${String(at.plan)}`);
    this.held = at.held;
  }
}

/** Which plan a host holds that refuses one: `shard`, a plan of another shard. */
const heldWords = {
  later: (held) => `plan ${String(held)}`,
  another: (held) => `another plan ${String(held)} than this ledger has`,
  shard: (held) => `plan ${String(held)} of another shard`,
} as const satisfies Record<string, (held: number) => string>;

/** A host, or its stand-in, cannot be reached, read or written. */
export class OverlayUnavailable extends Fault {
  readonly code = 'OverlayUnavailable';
  readonly category = 'unreachable';

  constructor(problem: string, cause?: unknown) {
    super(problem, { cause });
  }
}
