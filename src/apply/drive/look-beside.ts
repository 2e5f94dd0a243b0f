import { draftOf } from '../../../events/draft.ts';
import type { Actor } from '../../../events/entry.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import { Conflict } from '../../ledger/faults.ts';
import type { Ledger } from '../../ledger/port.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { HeldTurn } from '../../runtime/turns.ts';
import { driftOf, withOlderPlans } from './record-drift.ts';
import { driftedHosts, readWhole, toldDrifts, type ToldDrift } from './read-hosts.ts';

/** How often hosts are read again that were driven meanwhile. */
const looksMax = 3;

/**
 * Reads the hosts of a shard whole that another process drives, and records where one does not hold what it acknowledged: that
 * process then puts it right. Nothing is recorded of hosts that were driven while they were read.
 */
export async function lookBeside(
  of: { ledger: Ledger; actor: Actor; driver: OverlayDriver; shard: string; turn: HeldTurn },
  from: Projected<Estate>,
): Promise<{ estate: Projected<Estate>; drifted: readonly ToldDrift[] }> {
  const { ledger, actor, driver, shard, turn } = of;
  let estate = await from.catchUp(ledger);
  for (let look = 1; look <= looksMax; look += 1) {
    const before = appliedShard(estate.state.applied, shard);
    const { plan } = before;
    const seen = estate.cursor.size - 1;
    const hosts = hostsOfShard(estate.state.intended.directory, shard);
    const readings = await turn.aside(() => readWhole(driver, hosts, before));
    estate = await estate.catchUp(ledger);
    const now = appliedShard(estate.state.applied, shard);
    if (now.plan !== plan) continue;
    const applied = await withOlderPlans(ledger, { shard, applied: now, readings });
    const told = toldDrifts(applied, driftedHosts(applied, readings));
    const news = told.filter(({ isNew }) => isNew);
    const drifts = await Promise.all(news.map((drifted) => driftOf(ledger, { shard, applied, drifted })));
    const events = drifts.flat();
    try {
      const conditions = [{ subjects: [`overlay/${shard}`, `observed/${shard}`], unchangedSince: seen }];
      if (events.length > 0) await ledger.append({ events: events.map(draftOf), actor, conditions });
      return { estate: await estate.catchUp(ledger), drifted: told };
    } catch (fault) {
      if (!(fault instanceof Conflict)) throw fault;
      estate = await estate.catchUp(ledger);
    }
  }
  return { estate, drifted: [] };
}
