import type { Command } from 'commander';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { drive } from '../drive.ts';
import type { ExitCode } from '../exit.ts';
import { outJson } from '../io.ts';
import { requireShard } from '../named.ts';
import { actorOf, type Session } from '../session.ts';
import { loadEstate } from '../../tasks/workspace.ts';
import { complainOfSynced, showSynced } from '../show-synced.ts';
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
  const { io } = session;
  const estate = await loadEstate(session);
  if (options.shard !== undefined) requireShard(estate.state, options.shard);
  const shards = options.shard === undefined ? {} : { shards: [options.shard] };
  const synced = await drive(session, { actor: actorOf(undefined), timeoutMs, ...shards }, estate);
  if (options.json === true) outJson(io, { formatVersion: 1, shards: synced.shards });
  else if (synced.shards.length === 0) io.out('no shard, nothing to drive\n');
  else showSynced(io, synced.shards);
  return complainOfSynced(io, synced.shards);
}
