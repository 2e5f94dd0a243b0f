import type { Command } from 'commander';
import { sync, type Synced } from '../../apply/sync.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, UsageError, type ExitCode } from '../exit.ts';
import { outJson, table } from '../io.ts';
import { showProgress } from '../progress.ts';
import { actorOf, keepEstate, loadEstate, type Session } from '../session.ts';
import { parseDurationMs } from '../time.ts';

interface SyncOptions extends CommonOptions {
  readonly shard?: string;
  readonly timeout: string;
}

export function syncCommand(shell: Shell): Command {
  return ledgerCommand('sync', {
    summary: 'drive the overlay to where the events say, then stop',
    example: 'isoledger sync --shard shard-1',
  })
    .option('--shard <shard>', 'one shard only')
    .option('--timeout <duration>', 'how long to wait for hosts that do not answer', '60s')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<SyncOptions>();
      const timeoutMs = parseDurationMs(options.timeout);
      await inSession(shell, { options }, (session) => run(session, { options, timeoutMs }));
    });
}

async function run(
  session: Session,
  { options, timeoutMs }: { options: SyncOptions; timeoutMs: number },
): Promise<ExitCode> {
  const { io, ledger, clock, driverFor, holdRole } = session;
  const estate = await loadEstate(session);
  const { shards } = estate.state.intended.directory;
  if (options.shard !== undefined && !shards.has(options.shard)) {
    throw new UsageError(
      `there is no shard ${options.shard}; there are: ${[...shards.keys()].join(', ') || 'none'}`,
    );
  }
  const synced = await sync(
    {
      ledger,
      clock,
      driverFor,
      holdRole,
      timeoutMs,
      actor: actorOf(undefined),
      ...(options.shard === undefined ? {} : { shard: options.shard }),
      onProgress: ({ shard, done, of }) => {
        showProgress(io, { label: shard, done, of });
      },
    },
    estate,
  );
  keepEstate(session, synced.estate);
  return report(session, { synced, json: options.json === true });
}

function report({ io }: Session, { synced, json }: { synced: Synced; json: boolean }): ExitCode {
  const { shards } = synced;
  const absent = shards.flatMap(({ shard, absent: hosts }) => hosts.map((host) => ({ shard, ...host })));
  if (json) {
    outJson(io, { formatVersion: 1, shards });
  } else if (shards.length === 0) {
    io.out('no shard, nothing to drive\n');
  } else {
    const rows = shards.map(({ shard, plan, driven, absent: hosts }) => [
      shard,
      String(plan),
      driven.length === 0 ? 'none needed it' : driven.join(', '),
      hosts.length === 0 ? 'none' : hosts.map(({ host }) => host).join(', '),
    ]);
    io.out(table(['SHARD', 'PLAN', 'HOSTS DRIVEN', 'HOSTS ABSENT'], rows));
  }
  for (const { shard, host, problem } of absent)
    io.err(`${shard}: host ${host} did not take its plan: ${problem}\n`);
  return absent.length === 0 ? exitCode.ok : exitCode.unreachable;
}
