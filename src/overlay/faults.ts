import { Fault } from '../runtime/errors.ts';

/** A host already holds the set of a later plan: the sender of this plan is behind. */
export class Fenced extends Fault {
  readonly code = 'Fenced';
  readonly category = 'conflict';
  /** The number of the plan that the host holds. */
  readonly held: number;

  constructor(at: { host: string; plan: number; held: number }) {
    super(`host ${at.host} holds plan ${String(at.held)} and refuses plan ${String(at.plan)}`);
    this.held = at.held;
  }
}

/** A host, or its stand-in, cannot be reached, read or written. */
export class OverlayUnavailable extends Fault {
  readonly code = 'OverlayUnavailable';
  readonly category = 'unreachable';

  constructor(problem: string, cause?: unknown) {
    super(problem, { cause });
  }
}
