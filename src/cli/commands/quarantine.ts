import type { Command } from 'commander';
import { setQuarantine, type Quarantined } from '../../apply/record/quarantine.ts';
import type { Synced } from '../../apply/drive/sync.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { drive } from '../drive.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { outJson } from '../io.ts';
import { requireTenant } from '../named.ts';
import { actorOf, type Session } from '../session.ts';
import { keepEstate, loadEstate } from '../../tasks/workspace.ts';
import { complainOfAbsent, complainOfSynced, showSynced } from '../show-synced.ts';
import { parseDurationMs } from '../time.ts';

interface QuarantineOptions extends CommonOptions {
  readonly reason?: string;
  readonly as?: string;
  /** False for --no-wait. */
  readonly wait: boolean;
  readonly timeout: string;
}

type Intent = 'quarantine' | 'release';

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

function intentCommand(shell: Shell, intent: Intent, of: { summary: string; example: string }): Command {
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
  of: { intent: Intent; tenant: string; options: QuarantineOptions; timeoutMs: number },
): Promise<ExitCode> {
  const { intent, tenant, options, timeoutMs } = of;
  const { io, ledger, clock } = session;
  const estate = await loadEstate(session);
  requireTenant(estate.state, tenant);
  const actor = actorOf(options.as);
  const stated = options.reason === undefined ? {} : { reason: options.reason };
  const request = { ledger, clock, actor, tenant, ...stated, idempotencyKey: session.newId() };
  const done = await setQuarantine(request, intent, estate);
  keepEstate(session, done.estate);
  // Somebody may have retired it between the first look and the record.
  requireTenant(done.estate.state, tenant);
  if (options.json !== true) io.out(`${tenant} ${wordsOf(intent, done)}\n`);
  if (!options.wait) return report(session, { ...of, done, synced: undefined });
  // What cuts waits for nothing that adds; to let flow again is an addition, so everything is driven.
  const only = intent === 'quarantine' ? { only: 'restrictions' as const } : {};
  const synced = await drive(session, { actor, timeoutMs, shards: done.shards, ...only }, done.estate);
  return report(session, { ...of, done, synced });
}

/** What was recorded: said before hosts are driven, since one of them may refuse. */
function wordsOf(intent: Intent, { recorded }: Quarantined): string {
  const since = recorded === undefined ? undefined : String(recorded.last);
  if (intent === 'quarantine')
    return since === undefined
      ? 'is in quarantine already: nothing to record'
      : `is in quarantine since entry ${since}`;
  return since === undefined ? 'is not in quarantine: nothing to record' : `was released with entry ${since}`;
}

function report(
  { io }: Session,
  of: {
    intent: Intent;
    tenant: string;
    options: QuarantineOptions;
    done: Quarantined;
    synced: Synced | undefined;
  },
): ExitCode {
  const { intent, tenant, options, done, synced } = of;
  const { recorded } = done;
  const inQuarantine = intent === 'quarantine';
  if (options.json === true) {
    const batch = recorded === undefined ? null : { first: recorded.first, last: recorded.last };
    const shards = synced === undefined ? null : synced.shards;
    outJson(io, { formatVersion: 1, tenant, quarantined: inQuarantine, recorded: batch, shards });
  } else if (synced === undefined) io.out('hosts are told at the next sync\n');
  else if (synced.shards.length > 0) showSynced(io, synced.shards);
  if (synced === undefined) return exitCode.ok;
  // A shard that is held follows quarantine like any other: who is cut off there is as cut off as elsewhere.
  if (inQuarantine) return complainOfAbsent(io, synced.shards);
  for (const { shard, held } of synced.shards)
    if (held !== undefined)
      io.err(`${shard} is held: what cuts ${tenant} off there stays until it is resumed, or held anew\n`);
  return complainOfSynced(io, synced.shards);
}
