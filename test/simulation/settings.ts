import type { Ledger } from '../../src/ledger/port.ts';
import type { OverlayDriver } from '../../src/overlay/port.ts';
import { sync } from '../../src/apply/drive/sync.ts';
import { verify } from '../../src/verify/verify.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type { IdSource } from '../../src/runtime/ids.ts';
import { MemoryLedger } from '../doubles/memory-ledger.ts';

/** The parts that are simulated upon. Tests put parts with a planted bug in their place, which must be found. */
export interface Parts {
  readonly ledger: (options: { clock: Clock; ids: IdSource }) => Ledger;
  /** What stands before the hosts of a shard. */
  readonly driver: (hosts: OverlayDriver, shard: string) => OverlayDriver;
  readonly sync: typeof sync;
  readonly verify: typeof verify;
  /** Whether anybody changes hosts by hand, and says so. */
  readonly byHand: boolean;
}

export const soundParts: Parts = {
  ledger: (options) => new MemoryLedger(options),
  driver: (hosts) => hosts,
  sync,
  verify,
  byHand: true,
};
