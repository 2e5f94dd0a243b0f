import type { Shard } from '../../events/estate.ts';
import { embeddedDriver } from '../overlay/embedded/driver.ts';
import { embeddedProbe } from '../overlay/embedded/probe.ts';
import type { OverlayDriver, OverlayProbe } from '../overlay/port.ts';

/** Where the overlay of a ledger is, as far as this machine holds it. */
export interface OverlayPlace {
  readonly folder: string;
  /** The ledger's id: a host that holds another ledger's objects is not touched. */
  readonly ledger: string;
}

/** The driver of a shard. */
export function driverOf(place: OverlayPlace, { shard }: Shard): OverlayDriver {
  return embeddedDriver({ ...place, shard });
}

/** The overlay's own account of a packet, across all shards. */
export function probeOf(place: OverlayPlace): OverlayProbe {
  return embeddedProbe(place);
}
