import type { Shard } from '../../../events/estate.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { expectedOf } from '../../apply/drive/expected-set.ts';
import type { HostPlace, HostReading, OverlayDriver } from '../../overlay/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { count } from '../../words/lists.ts';
import { emptyIt, emptyLater, hostAhead } from '../advice/on-finding.ts';
import { fail, warn, type Check } from './check.ts';

/** A host that was retired and not emptied since may go on delivering. */
export async function checkLeaving(
  { intended: { directory }, applied }: Estate,
  { place: { shard, host }, driverOf }: { place: HostPlace; driverOf: (shard: Shard) => OverlayDriver },
): Promise<Check> {
  const of = appliedShard(applied, shard);
  const document = directory.shards.get(shard) ?? directory.formerShards.get(shard);
  const reading = document === undefined ? undefined : await driverOf(document).read(host, expectedOf(of));
  const where = of.retired ? `${shard}, which is retired too` : shard;
  const retired = `was retired from ${where}, and was never emptied`;
  const later = of.held === undefined ? emptyIt : emptyLater;
  const words = `${retired}${leftAt(reading)}`;
  // Until it is emptied it is to carry what it was given, and nothing else: whatever else it may forward is a finding as anywhere.
  if (reading?.kind === 'unreadable')
    return fail(`host ${host}`, words, { advice: adviceOnLeft(reading, later), category: 'finding' });
  if (reading?.kind === 'objects' && reading.digest !== reading.mark.digest)
    return fail(`host ${host}`, `${words}, which are not those that it was given`, {
      advice: later,
      category: 'finding',
    });
  return warn(`host ${host}`, words, later);
}

function adviceOnLeft(
  { ofAnother, mend }: Extract<HostReading, { kind: 'unreadable' }>,
  later: string,
): string {
  if (ofAnother !== undefined) return hostAhead;
  return mend === undefined ? later : `${mend}; ${later}`;
}

/** What a retired host still holds, in words. */
function leftAt(reading: HostReading | undefined): string {
  switch (reading?.kind) {
    case undefined:
      return '';
    case 'nothing':
      return ': it holds nothing, which it has not acknowledged yet';
    case 'unreadable':
      return `: it holds ${reading.problem}`;
    case 'objects':
      return `: it holds ${count(reading.objects, 'object')}`;
  }
}
