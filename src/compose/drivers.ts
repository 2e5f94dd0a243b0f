import type { Host, Shard } from '../../events/estate.ts';
import { embeddedDriver } from '../overlay/embedded/driver.ts';
import { embeddedProbe } from '../overlay/embedded/probe.ts';
import { strayFiles } from '../overlay/embedded/stray-files.ts';
import { inTime } from '../overlay/in-time.ts';
import { jointProbe } from '../overlay/joint-probe.ts';
import { missingDriver } from '../overlay/missing-driver.ts';
import { ovsDriver } from '../overlay/ovs/driver.ts';
import { ovsProbe, type SwitchPlace } from '../overlay/ovs/probe.ts';
import type {
  DrivenShard,
  DriverFor,
  HostPlace,
  OverlayDriver,
  OverlayProbe,
  Stray,
} from '../overlay/port.ts';
import { systemClock } from '../runtime/clock.ts';
import type { SwitchCredentials } from '../runtime/config.ts';

/** The place of a ledger's overlay, as far as it is on this machine, and what opens the way to hosts that are not. */
export interface OverlayPlace {
  readonly folder: string;
  /** The ledger's id: a host that holds another ledger's objects is not touched. */
  readonly ledger: string;
  readonly switches?: SwitchCredentials | undefined;
}

/** What a driver is made of. */
interface DriverMeans extends OverlayPlace, Pick<Shard, 'shard' | 'vnis'> {
  /** See DriverFor. */
  readonly hosts: ReadonlyMap<string, Host>;
}

/** The drivers of this version, by the name that a Shard document gives. */
const drivers = new Map<string, (means: DriverMeans) => OverlayDriver>([
  ['embedded', embeddedDriver],
  ['ovs', ovs],
]);

/** The names that Shard documents may give. */
export const driverNames: readonly string[] = [...drivers.keys()];

/** Whether the hosts of a shard are files in the folder of the overlay's place: those of other drivers are not there. */
export function isInFolder({ overlay }: Shard): boolean {
  return overlay === 'embedded';
}

/** The driver of a shard. If its document names a driver that is not there, one whose hosts are all away. */
export function driverOf(
  place: OverlayPlace,
  ...[{ shard, vnis, overlay: name }, hosts]: Parameters<DriverFor>
): OverlayDriver {
  const driver = drivers.get(name)?.({ ...place, shard, vnis, hosts });
  return driver === undefined ? missingDriver({ name, shard }) : inTime(driver, systemClock);
}

function ovs({ shard, vnis, hosts, ...place }: DriverMeans): OverlayDriver {
  return ovsDriver({ shard, vnis, hosts, ...switchMeans(place) });
}

/** What both need that drive switches and ask them. */
function switchMeans({ ledger, switches }: OverlayPlace) {
  return { ledger, clock: systemClock, ...(switches === undefined ? {} : { credentials: switches }) };
}

/** What stands in the place of the overlay's hosts and is that of no host that is known. */
export function straysOf(place: OverlayPlace, isKnown: (host: HostPlace) => boolean): Stray[] {
  return strayFiles(place, isKnown);
}

/** The overlay's own account of a packet, across all shards of an estate. */
export function probeOf(place: OverlayPlace, shards: readonly DrivenShard[]): OverlayProbe {
  const others = new Set(shards.filter(({ shard }) => !isInFolder(shard)).map(({ shard }) => shard.shard));
  return jointProbe([
    embeddedProbe({
      ...place,
      isOurs: (shard) => !others.has(shard),
      elsewhere: elsewhereThan('embedded', shards),
    }),
    ovsProbe({ ...switchMeans(place), places: switchesOf(shards), elsewhere: elsewhereThan('ovs', shards) }),
  ]);
}

function switchesOf(shards: readonly DrivenShard[]): SwitchPlace[] {
  return shards
    .filter(({ shard }) => shard.overlay === 'ovs')
    .flatMap(({ shard: { shard }, hosts }) =>
      Array.from(hosts.values(), (address) => ({ shard, host: address.host, address })),
    );
}

/** What is said of a packet to the tunnel address of a host that another driver drives. */
function elsewhereThan(
  driver: string,
  shards: readonly DrivenShard[],
): (tunnelIp: string) => string | undefined {
  const words = new Map(
    shards
      .filter(({ shard }) => shard.overlay !== driver)
      .flatMap(({ shard: { overlay }, hosts }) =>
        Array.from(hosts.values(), ({ host, tunnelIp }) => [
          tunnelIp,
          `host ${host} is of the overlay ${overlay}, and nothing travels there from the overlay ${driver}`,
        ]),
      ),
  );
  return (tunnelIp) => words.get(tunnelIp);
}
