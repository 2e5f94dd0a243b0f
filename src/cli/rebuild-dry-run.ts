import type { Shard } from '../../events/estate.ts';
import { emptyShard } from '../../projections/applied/applied.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import { cutOff } from '../apply/plan/cut-off.ts';
import { pastState, type PastEstate } from '../apply/record/hold.ts';
import { inspectShard, type HostInspection } from '../apply/drive/inspect-shard.ts';
import { judgedAt } from '../apply/plan/plan-shard.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { desiredObjects } from '../translate/desired-objects.ts';
import { exitCode, type ExitCode } from './exit.ts';
import { count, outJson, table } from './io.ts';
import type { Session } from './session.ts';

/** Says what each host of a shard holds, and what driving it to the present or to a past state would change. */
export async function dryRun(
  session: Session,
  of: { shard: Shard; past: PastEstate | undefined; estate: Projected<Estate>; json: boolean },
): Promise<ExitCode> {
  const { io, clock, driverFor } = session;
  const { shard, past, estate } = of;
  const { intended, applied } = estate.state;
  const at = { seq: estate.cursor.size - 1, time: judgedAt(clock.now(), estate.recordedAt) };
  const desired =
    past === undefined
      ? desiredObjects(intended, { shard: shard.shard, at: at.time })
      : cutOff(pastState(shard.shard, past).objects, intended);
  const hosts = await inspectShard(driverFor(shard), {
    hosts: hostsOfShard(intended.directory, shard.shard),
    applied: applied.shards.get(shard.shard) ?? emptyShard(),
    desired,
  });
  const target = past === undefined ? at : { seq: past.seq, time: past.time };
  if (of.json) {
    outJson(io, { formatVersion: 1, shard: shard.shard, target, objects: desired.length, hosts });
    return exitCode.ok;
  }
  io.out(
    `${shard.shard} as of seq ${String(target.seq)}, ${target.time}: ${count(desired.length, 'object')}; nothing is recorded or driven\n\n`,
  );
  io.out(table(['HOST', 'HOLDS', 'AS ACKNOWLEDGED', 'TO PUT', 'TO REMOVE'], hosts.map(rowOf)));
  return exitCode.ok;
}

function rowOf({ host, found, drifted, put, removed }: HostInspection): string[] {
  return [host, found, drifted ? 'no' : 'yes', String(put.length), String(removed.length)];
}
