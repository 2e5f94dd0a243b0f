import type { Command } from 'commander';
import { rootOf } from '../../ledger/replay.ts';
import { judgedAt } from '../../apply/plan-shard.ts';
import { outlookOn } from '../../apply/shard-outlook.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import { halfGiven } from '../../../projections/intended/half-given.ts';
import { rowsOf, wordsOf } from '../../../projections/intended/traffic.ts';
import type { Estate } from '../../project/estate.ts';
import type { Projected } from '../../project/projection.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { count, outJson, table, type Io } from '../io.ts';
import { loadEstate, type Session } from '../session.ts';

export function statusCommand(shell: Shell): Command {
  return ledgerCommand('status', {
    summary: 'per shard: how far intent, plan and hosts have come; and consents that only one side has given',
    example: 'isoledger status',
  }).action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>();
    await inSession(shell, { options }, (session) => status(session, options));
  });
}

async function status(session: Session, { json }: CommonOptions): Promise<undefined> {
  const { io, ledger, clock } = session;
  const estate = await loadEstate(session);
  const at = judgedAt(clock.now(), estate.recordedAt);
  const shards = [...estate.state.intended.directory.shards.keys()]
    .sort()
    .map((shard) => shardStatus(estate, { shard, at }));
  const waiting = waitingOf(estate.state, at);
  const unplaced = unplacedOf(estate.state);
  if (json === true) {
    const { size } = estate.cursor;
    const head = { id: ledger.id, size, root: rootOf(estate.cursor) };
    outJson(io, {
      formatVersion: 1,
      ledger: head,
      shards,
      unplaced,
      halfGiven: waiting.map(({ row }) => row),
    });
    return;
  }
  io.out(`ledger ${ledger.id}, ${count(estate.cursor.size, 'entry', 'entries')}\n\n`);
  showShards(io, shards);
  if (unplaced.length > 0) io.out(`\non no shard: ${unplaced.join(', ')}\n`);
  showWaiting(io, waiting);
}

interface ShardStatus {
  readonly shard: string;
  readonly overlay: string;
  readonly tenants: number;
  /** The seq up to which the estate is intended, and the number of the plan that was last recorded for it. */
  readonly intended: { readonly seq: number };
  readonly planned: { readonly plan: number; readonly pendingObjects: number };
  /** The plan that every host has acknowledged, and each host's own. */
  readonly applied: { readonly plan: number; readonly hosts: readonly { host: string; plan: number }[] };
  /** How many plans the slowest host is behind, one more where objects wait to be planned. */
  readonly lag: number;
}

function shardStatus(
  { state, cursor }: Projected<Estate>,
  { shard, at }: { shard: string; at: string },
): ShardStatus {
  const { directory } = state.intended;
  const applied = state.applied.shards.get(shard);
  const { delta } = outlookOn(state, { shard, at });
  const pendingObjects = delta.put.length + delta.removed.length;
  const hosts = hostsOfShard(directory, shard).map((host) => ({
    host,
    plan: applied?.hosts.get(host)?.plan ?? 0,
  }));
  const plan = applied?.plan ?? 0;
  const slowest = Math.min(plan, ...hosts.map((host) => host.plan));
  return {
    shard,
    overlay: directory.shards.get(shard)?.overlay ?? '',
    tenants: [...directory.placements.values()].filter((home) => home === shard).length,
    intended: { seq: cursor.size - 1 },
    planned: { plan, pendingObjects },
    applied: { plan: slowest, hosts },
    lag: plan - slowest + (pendingObjects > 0 ? 1 : 0),
  };
}

function showShards(io: Io, shards: readonly ShardStatus[]): void {
  if (shards.length === 0) {
    io.out('no shard yet: tenants are known to the intended lane only\n');
    return;
  }
  const rows = shards.map(({ shard, overlay, tenants, planned, applied, lag }) => [
    shard,
    overlay,
    String(tenants),
    `plan ${String(planned.plan)}`,
    planned.pendingObjects === 0 ? 'nothing' : count(planned.pendingObjects, 'object'),
    `plan ${String(applied.plan)} on all of ${count(applied.hosts.length, 'host')}`,
    lag === 0 ? 'none' : count(lag, 'plan'),
  ]);
  io.out(table(['SHARD', 'OVERLAY', 'TENANTS', 'PLANNED', 'TO BE PLANNED', 'APPLIED', 'LAG'], rows));
  if (shards.some(({ lag }) => lag > 0))
    io.out('\nthe overlay is behind the events: isoledger sync drives it there\n');
}

interface Waiting {
  readonly words: string;
  readonly row: {
    readonly from: string;
    readonly to: string;
    readonly traffic: readonly { readonly protocol: string; readonly ports?: [number, number][] }[];
    readonly waitingFor: string;
  };
}

function waitingOf({ intended }: Estate, at: string): Waiting[] {
  return Array.from(halfGiven(intended, { at }), ({ from, to, traffic, waitingFor }) => ({
    words: wordsOf(traffic),
    row: { from, to, traffic: rowsOf(traffic), waitingFor },
  })).sort((a, b) => (`${a.row.from} ${a.row.to}` < `${b.row.from} ${b.row.to}` ? -1 : 1));
}

function showWaiting(io: Io, waiting: readonly Waiting[]): void {
  if (waiting.length === 0) return;
  io.out('\nhalf-given consents, which grant nothing:\n');
  const rows = waiting.map(({ words, row }) => [row.from, row.to, words, `waiting for ${row.waitingFor}`]);
  io.out(table(['FROM', 'TO', 'TRAFFIC', ''], rows));
}

function unplacedOf({ intended: { directory } }: Estate): string[] {
  return [...directory.tenants.keys()].filter((tenant) => !directory.placements.has(tenant)).sort();
}
