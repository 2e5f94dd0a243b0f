import { Fault, ForeignState } from '../runtime/errors.ts';
import type { HostMark } from './port.ts';

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

/**
 * A host is marked with something else than the change that it was given leads on from: it was changed since its mark was
 * read. Nothing was changed by this; the sender looks again.
 */
export class MarkDiffers extends Fault {
  readonly code = 'MarkDiffers';
  readonly category = 'conflict';

  constructor(host: string, plan: number) {
    super(`host ${host} no longer holds what plan ${String(plan)} leads on from: somebody else changed it`);
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

/** No host of an overlay holds a port of that name. */
export class NoSuchPort extends OverlayUnavailable {
  constructor(from: string) {
    super(`no host of the overlay holds a port of ${from}: is it spelt tenant/endpoint, and synced?`);
  }
}

/** Nobody waits any longer for what was asked of a host. That is our limit, and no reason of the host's. */
export class TooLate extends OverlayUnavailable {}

/** A host does not even say its mark any more: nothing can be told of what it holds. */
export class StandsStill extends TooLate {}

/** A host took what it was given, and something of others was found beside it that decides as well: it does not hold the set. */
export class FoundBeside extends OverlayUnavailable {}

/** Something else stands where a host, or its stand-in, has to be: until it is taken away, the host is not there. */
export class InTheWay extends OverlayUnavailable {}

/**
 * A host answers, and what stands in its place is not provably its own: it is read as that, and no change is made there. `mend` says
 * in words what a person has to do.
 */
export class NotProvablyOurs extends InTheWay {
  readonly found: string;
  readonly mend: string;
  /** The other host of the shard whose it is said to be, if so. */
  readonly ofHost: string | undefined;

  constructor(found: string, mend: string, ofHost?: string) {
    super(`${found}: ${mend}`);
    this.found = found;
    this.mend = mend;
    this.ofHost = ofHost;
  }
}

/** What is not provably ours was found, at a host that answers: nobody may take it for a host that is away. */
export async function asFound<Found>(
  read: () => Promise<Found>,
): Promise<Found | Extract<HostMark, { kind: 'unreadable' }>> {
  try {
    return await read();
  } catch (fault) {
    if (!(fault instanceof NotProvablyOurs)) throw fault;
    const { found, mend, ofHost } = fault;
    return {
      kind: 'unreadable',
      problem: found,
      isOthers: true,
      mend,
      ...(ofHost !== undefined && { ofHost }),
    };
  }
}

/** The fault of a host of which nothing can be told. */
export type HostFault = OverlayUnavailable | ForeignState;

/** Several hosts keep an overlay from answering. Each is told of, and the gravest gives the category. */
export class HostsUnfit extends Fault {
  readonly code = 'HostsUnfit';
  readonly category: HostFault['category'];
  readonly faults: readonly HostFault[];

  constructor(faults: readonly HostFault[]) {
    const each = faults.map(({ message }) => message).join('; ');
    super(`${String(faults.length)} hosts keep the overlay from answering: ${each}`);
    this.faults = faults;
    this.category = faults.some((fault) => fault instanceof ForeignState) ? 'integrity' : 'unreachable';
  }
}

export function isHostFault(fault: unknown): fault is HostFault {
  return fault instanceof OverlayUnavailable || fault instanceof ForeignState;
}

/** Throws whatever hosts keep an overlay from answering: the one fault that there is, or HostsUnfit. */
export function requireFit(faults: readonly HostFault[]): void {
  const [fault, ...others] = faults;
  if (fault === undefined) return;
  throw others.length === 0 ? fault : new HostsUnfit(faults);
}
