import type { Shard } from '../../events/estate.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import { cutOff } from '../apply/plan/cut-off.ts';
import type { PastState } from '../apply/plan/course.ts';
import { supposeHeld } from '../apply/plan/suppose-hold.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { exposureAfter, type ExposedRow } from '../verify/exposure.ts';
import type { Workspace } from './workspace.ts';

export type { ExposedRow };

/**
 * The connections that a shard's hosts would let through beyond what is authorised now, if all of them held a past state,
 * but for quarantine. The verifier is asked, so that it says so before and not only after. Throws what reading a ledger
 * throws.
 */
export function holdExposure(
  { ledger, clock }: Pick<Workspace, 'ledger' | 'clock'>,
  { shard, past, estate }: { shard: Shard; past: PastState; estate: Projected<Estate> },
): Promise<ExposedRow[]> {
  const { intended } = estate.state;
  const hosts = hostsOfShard(intended.directory, shard.shard);
  const objects = cutOff(past.objects, intended);
  const basis = Math.max(past.seq, 0);
  const events = supposeHeld(estate.state, { shard: shard.shard, hosts, objects, basis });
  return exposureAfter(ledger, { events, hosts, clock });
}
