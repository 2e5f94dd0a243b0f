import type { Shard } from '../../events/estate.ts';
import { embeddedDriver } from '../overlay/embedded/driver.ts';
import { embeddedProbe } from '../overlay/embedded/probe.ts';
import { strayFiles } from '../overlay/embedded/stray-files.ts';
import { inTime } from '../overlay/in-time.ts';
import { missingDriver } from '../overlay/missing-driver.ts';
import type { HostPlace, OverlayDriver, OverlayProbe, Stray } from '../overlay/port.ts';
import { systemClock } from '../runtime/clock.ts';

/** The place of a ledger's overlay, as far as it is on this machine. */
export interface OverlayPlace {
  readonly folder: string;
  /** The ledger's id: a host that holds another ledger's objects is not touched. */
  readonly ledger: string;
}

/** The drivers of this version, by the name that a Shard document gives. */
const drivers = new Map([['embedded', embeddedDriver]]);

/** The names that Shard documents may give. */
export const driverNames: readonly string[] = [...drivers.keys()];

/** The driver of a shard. If its document names a driver that is not there, one whose hosts are all away. */
export function driverOf(place: OverlayPlace, { shard, overlay: name }: Shard): OverlayDriver {
  const driver = drivers.get(name)?.({ ...place, shard });
  return driver === undefined ? missingDriver({ name, shard }) : inTime(driver, systemClock);
}

/** What stands in the place of the overlay's hosts and is that of no host that is known. */
export function straysOf(place: OverlayPlace, isKnown: (host: HostPlace) => boolean): Stray[] {
  return strayFiles(place, isKnown);
}

/** The overlay's own account of a packet, across all shards. */
export function probeOf(place: OverlayPlace): OverlayProbe {
  return embeddedProbe(place);
}
