import { OverlayUnavailable } from '../faults.ts';
import type { DropCount, ExpectedSet } from '../port.ts';
import { countingTables, dropCountOf, mayCount } from './pipeline/drop-counts.ts';
import { setOf } from './reading.ts';
import type { ShardModel } from './shard-model.ts';
import { ownFlows } from './switch/flow-counts.ts';
import { readHostMark } from './switch/host-mark.ts';
import type { HostSwitch } from './switch/host-switch.ts';

/**
 * Reads what a host counted of the packets that it dropped. A number of a network is given anew only once every host has let it
 * go, so that a change in between leads to no wrong name.
 */
export async function countDrops(
  at: HostSwitch,
  models: ShardModel,
  expected: ExpectedSet,
): Promise<readonly DropCount[]> {
  const { mark, standing } = await readHostMark(at);
  if (mark.kind === 'unreadable') throw new OverlayUnavailable(mark.problem);
  if (mark.kind === 'nothing' || standing.bridge === undefined) return [];
  const set = setOf(mark, expected);
  if (set === undefined)
    throw new OverlayUnavailable(
      `${at.words} holds plan ${String(mark.plan)}, and whose networks that plan has is not known here`,
    );
  const lines: string[] = [];
  const take = (line: string): void => {
    if (mayCount(line)) lines.push(line);
  };
  const filters = countingTables.map((table) => `${ownFlows(at)},table=${String(table)}`);
  await Promise.all(filters.map((filter) => at.ofctl.dumpCounters(take, filter)));
  const { segments } = models.of({ digest: set.digest.value(), objects: set.objects.values() });
  return lines.flatMap((line) => dropCountOf(line, segments) ?? []);
}
