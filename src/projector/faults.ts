import { Fault } from '../runtime/errors.ts';

/** Kept state that belongs to another ledger stands where this ledger's should. */
export class ForeignLedgerState extends Fault {
  readonly code = 'ForeignState';
  readonly category = 'integrity';

  constructor(path: string, ledger: string) {
    super(`${path} belongs to ledger ${ledger}: move it away, or name that ledger`);
  }
}
