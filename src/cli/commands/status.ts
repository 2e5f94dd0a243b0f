import type { Command } from 'commander';
import { rootOf } from '../../ledger/replay.ts';
import { judgedAt } from '../../apply/plan/plan-shard.ts';
import { halfGiven } from '../../../projections/intended/half-given.ts';
import { rowsOf, wordsOf } from '../../../projections/intended/traffic.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { openExposures, showExposures } from '../exposures.ts';
import { count, outJson, table, type Io } from '../io.ts';
import { type Session } from '../session.ts';
import { loadEstate } from '../../tasks/workspace.ts';
import { leavingHosts, shardStatus, type ShardStatus } from '../shard-status.ts';
import { unfinishedIn, type Unfinished } from '../unfinished.ts';

export function statusCommand(shell: Shell): Command {
  return ledgerCommand('status', {
    summary:
      'how far intent, plan and hosts of each shard have come; open exposures; consents that only one side has given',
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
  const quarantined = [...estate.state.intended.quarantined].sort();
  const leaving = leavingHosts(estate.state);
  const exposures = await openExposures(session);
  const unfinished = await unfinishedIn(ledger);
  if (json === true) {
    const { size } = estate.cursor;
    const head = { id: ledger.id, size, root: rootOf(estate.cursor) };
    outJson(io, {
      formatVersion: 1,
      ledger: head,
      shards,
      leaving,
      unplaced,
      quarantined,
      unfinished,
      exposures,
      halfGiven: waiting.map(({ row }) => row),
    });
    return;
  }
  io.out(`ledger ${ledger.id}, ${count(estate.cursor.size, 'entry', 'entries')}\n\n`);
  showUnfinished(io, unfinished);
  showShards(io, shards);
  for (const { shard, host } of leaving)
    io.out(`\n${shard}: host ${host} was retired and is still to be emptied: isoledger sync does that\n`);
  if (quarantined.length > 0) io.out(`\nin quarantine: ${quarantined.join(', ')}\n`);
  if (unplaced.length > 0) io.out(`\non no shard: ${unplaced.join(', ')}\n`);
  showExposures(io, exposures);
  showWaiting(io, waiting);
}

function showUnfinished(io: Io, { pending, voidBatches }: Unfinished): void {
  if (pending > 0)
    io.out(
      `${count(pending, 'entry', 'entries')} of a batch that is not finished, without effect until it is\n\n`,
    );
  for (const { first, last } of voidBatches)
    io.out(`entries ${String(first)} to ${String(last)} are void: their batch was never finished\n\n`);
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
  if (shards.some(({ lag, held }) => lag > 0 && held === null))
    io.out('\nthe overlay is behind the events: isoledger sync drives it there\n');
  for (const { shard, held, drifted } of shards) {
    if (held !== null)
      io.out(
        `\n${shard} is held at seq ${String(held.seq)}, ${held.time}, until isoledger rebuild --shard ${shard} --resume\n`,
      );
    for (const host of drifted)
      io.out(`\n${shard}: host ${host} was last found to hold something else than it had acknowledged\n`);
  }
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
