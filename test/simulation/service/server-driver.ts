import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { Broken } from '../failures.ts';
import type { ServiceWorld } from './service-world.ts';
import type { Wire } from './wire.ts';

/** The hosts of a shard as one server drives them. */
export function serverDriver(
  world: ServiceWorld,
  { shard, wire }: { shard: string; wire: Wire },
): OverlayDriver {
  const driver = world.parts.driver(world.estate.hosts.driver(shard, () => undefined));
  const fault = (words: string): Error => new OverlayUnavailable(words);
  return {
    name: driver.name,
    mark: (host) => wire.call({ of: 'hosts', what: 'mark', fault, deed: () => driver.mark(host) }),
    read: (host, expected) =>
      wire.call({ of: 'hosts', what: 'read a host', fault, deed: () => driver.read(host, expected) }),
    apply: (host, change) =>
      wire.call({
        ...{ of: 'hosts', what: 'change of a host', fault },
        deed: async () => {
          const before = world.highestPlan(shard, host);
          const holding = await driver.apply(host, change);
          world.tookPlan(shard, host, change.plan);
          if (change.plan < before)
            world.broken(
              new Broken(
                `plan ${String(change.plan)} of ${shard} reached ${host} after plan ${String(before)}`,
              ),
            );
          return holding;
        },
      }),
  };
}
