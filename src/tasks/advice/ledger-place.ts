import type { LedgerStore } from '../../ledger/store.ts';
import type { Examination } from '../examination.ts';

/** Where a ledger is kept: what cures a file does not cure a server. */
export interface LedgerPlace {
  readonly kind: LedgerStore['kind'];
  /** The folder with all that is derived from it. */
  readonly derived: string;
}

/** The place of a ledger of which nothing could be told. */
export const unknownPlace: LedgerPlace = { kind: 'file', derived: 'PATH.d' };

/** The place of an examined ledger. */
export function placeOf({ file, derived }: Pick<Examination, 'file' | 'derived'>): LedgerPlace {
  return { kind: file === undefined ? 'server' : 'file', derived };
}
