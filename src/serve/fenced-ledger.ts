import { liesUnder } from '../ledger/conditions.ts';
import { Conflict } from '../ledger/faults.ts';
import type { Condition, Ledger } from '../ledger/port.ts';
import { Fault } from '../runtime/errors.ts';
import type { Arrivals } from './arrivals.ts';

/** An append made as a role was refused: another process took the role after this one. */
export class RoleLost extends Fault {
  readonly code = 'RoleLost';
  readonly category = 'conflict';
}

/**
 * A ledger to which is appended only while the fence holds. Otherwise the append throws RoleLost, and not Conflict: to decide anew
 * does not help.
 */
export function fencedLedger(
  ledger: Ledger,
  { subjects, unchangedSince }: Condition,
  arrivals?: Pick<Arrivals, 'seq' | 'isQuietSince'>,
): Ledger {
  // What is known to have kept to the fence is not looked at again: a store looks at each entry since, and nobody else appends
  // meanwhile. An append that was taken shows as much, and so do the entries that arrived.
  let since = unchangedSince;
  return {
    id: ledger.id,
    capabilities: ledger.capabilities,
    read: (range) => ledger.read(range),
    subscribe: (options) => ledger.subscribe(options),
    head: () => ledger.head(),
    close: () => ledger.close(),
    async append(request) {
      if (arrivals?.isQuietSince(subjects, since) === true) since = Math.max(since, arrivals.seq);
      const conditions = [...(request.conditions ?? []), { subjects, unchangedSince: since }];
      try {
        const result = await ledger.append({ ...request, conditions });
        if (!result.duplicate) since = Math.max(since, result.last);
        return result;
      } catch (fault) {
        if (fault instanceof Conflict && subjects.some((subject) => liesUnder(fault.subject, subject)))
          throw new RoleLost(`another process took the role: ${fault.message}`, { cause: fault });
        throw fault;
      }
    },
  };
}
