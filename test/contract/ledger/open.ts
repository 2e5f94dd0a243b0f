import type { Ledger } from '../../../src/ledger/port.ts';
import type { Clock } from '../../../src/runtime/clock.ts';

/** Opens a new, empty ledger of the adapter under test. */
export type OpenLedger = (clock?: Clock) => Ledger | Promise<Ledger>;
