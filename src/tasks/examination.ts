import type { Shard } from '../../events/estate.ts';
import type { Ledger } from '../ledger/port.ts';
import type { PlaceExamination } from '../ledger/store.ts';
import type { OverlayDriver } from '../overlay/port.ts';
import type { Roles } from '../roles/port.ts';
import type { Clock } from '../runtime/clock.ts';

/** What can be looked at, whatever state it is in: the place, who holds which role, the hosts. Nothing of it writes anything. */
export interface Examination extends PlaceExamination {
  /** Where the estate's projected state is kept. */
  readonly statePath: string;
  readonly clock: Clock;
  readonly roles: Roles['states'];
  readonly driverFor: (ledger: Pick<Ledger, 'id'>, shard: Shard) => OverlayDriver;
}
