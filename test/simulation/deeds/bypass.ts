import { setBypass, type BypassIntent } from '../../../src/apply/record/bypass.ts';
import { ofKind } from '../../bench/estate/documents.ts';
import type { World } from '../world.ts';
import { withRetries, type Deed } from './deed.ts';

/** Says that a host is changed by hand, or is no longer. */
export function bypassing(intent: BypassIntent, host: { shard: string; host: string }): Deed {
  return {
    name: `bypass: ${intent}`,
    run: async (process) => {
      const idempotencyKey = process.world.ids(process.world.clock.now());
      process.world.say(`${process.name}: ${intent}s a bypass at ${host.host} of ${host.shard}`);
      const done = await withRetries(process, async () =>
        setBypass({ ...process.request, host, idempotencyKey }, intent, await process.estate()),
      );
      process.remember(done.estate);
      return done.recorded === undefined ? 'nothing to record' : 'recorded';
    },
  };
}

/** Something that somebody might do who works at hosts by hand. Undefined where there is no host. */
export function chooseBypass({ handWork, expectation }: World): Deed | undefined {
  const { open, random } = handWork;
  const hosts = ofKind(expectation.now.documents, 'Host').map(({ shard, host }) => ({ shard, host }));
  if (open.length > 0 && random.chance(0.5)) return bypassing('close', random.pick(open));
  if (hosts.length === 0) return undefined;
  return bypassing(random.chance(0.9) ? 'open' : 'close', random.pick(hosts));
}
