import type { Command } from 'commander';
import { driveToPresent } from '../../tasks/drive.ts';
import { inSession, type CommonOptions, type Shell, writingCommand } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { outJson } from '../io.ts';
import { toldOfShards } from '../progress.ts';
import { actorOf, ledgerPlace, type ClockOption, type Session } from '../session.ts';
import { complainOfSynced, showSynced, syncedJson } from '../show-synced.ts';
import { warnOfClock } from '../warn-of-clock.ts';
import { parseDurationMs } from '../duration.ts';
import { say } from '../../words/shown.ts';

interface SyncOptions extends CommonOptions, ClockOption {
  readonly shard?: string;
  readonly timeout: string;
}

export function syncCommand(shell: Shell): Command {
  return writingCommand('sync', {
    summary: 'drive the overlay to where the events say, then stop',
    example: 'isoledger sync --shard shard-1',
  })
    .option('--shard <shard>', 'one shard only')
    .option('--timeout <duration>', 'how long to wait for hosts that do not answer', '60s')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<SyncOptions>();
      const timeoutMs = parseDurationMs(options.timeout);
      await inSession(shell, { options, deed: 'write' }, (session) => run(session, { options, timeoutMs }));
    });
}

async function run(
  session: Session,
  { options, timeoutMs }: { options: SyncOptions; timeoutMs: number },
): Promise<ExitCode> {
  const { io } = session;
  await warnOfClock(session);
  const request = { shard: options.shard, actor: actorOf(undefined), timeoutMs };
  const { shards } = await driveToPresent(session, { ...request, ...toldOfShards(io) });
  if (options.json === true) outJson(io, { formatVersion: 1, shards: syncedJson(shards) });
  else if (shards.length === 0) io.out(say`no shard, nothing to drive\n`);
  else showSynced(io, shards);
  return complainOfSynced(io, shards, await ledgerPlace(options));
}
