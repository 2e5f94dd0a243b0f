import type { Command } from 'commander';
import { quarantine, type QuarantineDone, type QuarantineIntent } from '../../tasks/quarantine.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { outJson, type Io } from '../io.ts';
import { progressOfShards } from '../progress.ts';
import { actorOf, type Session } from '../session.ts';
import { complainOfAbsent, complainOfSynced, showSynced } from '../show-synced.ts';
import { parseDurationMs } from '../time.ts';

interface QuarantineOptions extends CommonOptions {
  readonly reason?: string;
  readonly as?: string;
  /** False for --no-wait. */
  readonly wait: boolean;
  readonly timeout: string;
}

export function quarantineCommand(shell: Shell): Command {
  return intentCommand(shell, 'quarantine', {
    summary: 'cut every flow into and out of a tenant, above every grant, until it is released',
    example: 'isoledger quarantine acme-corp --reason "incident 4711"',
  });
}

export function releaseCommand(shell: Shell): Command {
  return intentCommand(shell, 'release', {
    summary: 'end the quarantine of a tenant: its grants count again',
    example: 'isoledger release acme-corp --reason "incident 4711 is closed"',
  });
}

function intentCommand(
  shell: Shell,
  intent: QuarantineIntent,
  of: { summary: string; example: string },
): Command {
  return ledgerCommand(intent, of)
    .argument('<tenant>', 'the tenant, by name')
    .option('--reason <text>', 'why; recorded with the event')
    .option('--as <name>', 'who does it; the account of the operating system if left out')
    .option('--no-wait', 'record only; hosts are told at the next sync')
    .option('--timeout <duration>', 'how long to wait for hosts that do not answer', '60s')
    .action(async (tenant: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<QuarantineOptions>();
      const timeoutMs = parseDurationMs(options.timeout);
      await inSession(shell, { options }, (session) => run(session, { intent, tenant, options, timeoutMs }));
    });
}

async function run(
  session: Session,
  of: { intent: QuarantineIntent; tenant: string; options: QuarantineOptions; timeoutMs: number },
): Promise<ExitCode> {
  const { intent, tenant, options, timeoutMs } = of;
  const { io } = session;
  const { as, reason, wait, json } = options;
  const done = await quarantine(session, {
    ...{ intent, tenant, actor: actorOf(as), reason, timeoutMs, extent: wait ? 'drive' : 'record' },
    onRecorded: (recorded) => {
      if (json !== true) io.out(`${tenant} ${wordsOf(intent, recorded)}\n`);
    },
    onProgress: progressOfShards(io),
  });
  return report(io, { intent, tenant, json: json === true, done });
}

function wordsOf(intent: QuarantineIntent, recorded: QuarantineDone['recorded']): string {
  const since = recorded === undefined ? undefined : String(recorded.last);
  if (intent === 'quarantine')
    return since === undefined
      ? 'is in quarantine already: nothing to record'
      : `is in quarantine since entry ${since}`;
  return since === undefined ? 'is not in quarantine: nothing to record' : `was released with entry ${since}`;
}

function report(
  io: Io,
  of: { intent: QuarantineIntent; tenant: string; json: boolean; done: QuarantineDone },
): ExitCode {
  const { intent, tenant, json, done } = of;
  const { recorded, shards } = done;
  const inQuarantine = intent === 'quarantine';
  if (json) {
    const batch = recorded === undefined ? null : { first: recorded.first, last: recorded.last };
    const driven = shards ?? null;
    outJson(io, { formatVersion: 1, tenant, quarantined: inQuarantine, recorded: batch, shards: driven });
  } else if (shards === undefined) io.out('hosts are told at the next sync\n');
  else if (shards.length > 0) showSynced(io, shards);
  if (shards === undefined) return exitCode.ok;
  // A shard that is held follows quarantine like any other: who is cut off there is as cut off as elsewhere.
  if (inQuarantine) return complainOfAbsent(io, shards);
  for (const { shard, held } of shards)
    if (held !== undefined)
      io.err(`${shard} is held: what cuts ${tenant} off there stays until it is resumed, or held anew\n`);
  return complainOfSynced(io, shards);
}
