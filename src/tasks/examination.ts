import type { Ledger } from '../ledger/port.ts';
import type { PlaceExamination } from '../ledger/store.ts';
import type { DriverFor, HostPlace, OverlayDriver, Stray } from '../overlay/port.ts';
import type { Roles } from '../roles/port.ts';
import type { Clock } from '../runtime/clock.ts';
import type { HostFolder } from './hosts-not-here.ts';

/** The parts of an installation that doctor looks at, in whatever state they are: place, roles, hosts. It writes nothing. */
export interface Examination extends PlaceExamination, HostFolder {
  /** Where the estate's projected state is kept. */
  readonly statePath: string;
  readonly clock: Clock;
  readonly roles: Roles['states'];
  readonly driverFor: (ledger: Pick<Ledger, 'id'>, ...of: Parameters<DriverFor>) => OverlayDriver;
  /** What stands where the hosts are kept, and is that of no known host. */
  readonly straysBeside: (
    ledger: Pick<Ledger, 'id'>,
    isKnown: (host: HostPlace) => boolean,
  ) => readonly Stray[];
}
