import { basename } from 'node:path';
import { NoLedgerName } from '../faults.ts';

/** The names that files beside a ledger get, and what a ledger of such a name would come to. */
const taken: readonly (readonly [ending: RegExp, why: string])[] = [
  [/-wal$/i, 'SQLite takes it for the log of LEDGER, and deletes it'],
  [/-shm$/i, 'SQLite takes it for the index of the log of LEDGER, and deletes it'],
  [/-journal$/i, 'SQLite takes it for the journal of LEDGER, and deletes it'],
  [/\.d$/i, 'what follows from LEDGER needs that name for its folder'],
  [/\.partial-\d+$/, 'isoledger takes it for a copy to LEDGER that was broken off, and removes it'],
];

/**
 * Throws NoLedgerName for a name that a file beside another ledger has, or gets: it would be taken for that, and lost,
 * at the latest when a ledger of that name comes.
 */
export function requireLedgerName(path: string): void {
  const name = basename(path);
  for (const [ending, why] of taken) {
    const base = name.replace(ending, '');
    if (base === name) continue;
    throw new NoLedgerName(
      `${path} can be no ledger's name: ${why.replace('LEDGER', () => (base === '' ? 'another ledger' : base))}; name another file (a ledger that is there: rename it)`,
    );
  }
}
