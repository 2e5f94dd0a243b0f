import { OverlayUnavailable } from '../../src/overlay/faults.ts';
import type { OverlayDriver } from '../../src/overlay/port.ts';
import { Crash } from './failures.ts';
import type { World } from './world.ts';

/** The hosts of a shard as one process drives them: see ProcessLedger. */
export function processDriver(world: World, at: { process: string; shard: string }): OverlayDriver {
  const { process, shard } = at;
  const hosts = world.hosts.driver(shard, (host) => {
    world.watch(() => {
      world.reach.check(shard, host);
    });
  });
  const driver = world.parts.driver(hosts);
  const say = (line: string): void => {
    world.say(`${process}: ${line}`);
  };
  const crash = (where: string): Crash => {
    say(`crash ${where}`);
    return new Crash(where);
  };
  return {
    name: driver.name,
    read: async (host) => {
      await world.scheduler.turn();
      const mishap = world.mishap('host read');
      if (mishap === 'crash-before' || mishap === 'crash-after') throw crash(`reading ${host}`);
      if (mishap !== 'none') throw new OverlayUnavailable(`${host} does not answer`);
      return driver.read(host);
    },
    apply: async (host, target) => {
      await world.scheduler.turn();
      const what = `plan ${String(target.plan)} of ${shard} at ${host}`;
      const mishap = world.mishap('host change');
      if (mishap === 'crash-before') throw crash(`before ${what}`);
      if (mishap === 'not-done') throw new OverlayUnavailable(`${host} refuses`);
      const state = await driver.apply(host, target);
      say(`${what}: ${String(target.objects.length)} objects`);
      if (mishap === 'crash-after') throw crash(`after ${what}`);
      if (mishap === 'done-but-reported-failed') throw new OverlayUnavailable(`${host} did not say`);
      return state;
    },
  };
}
