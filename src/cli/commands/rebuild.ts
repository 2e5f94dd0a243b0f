import type { Command } from 'commander';
import type { PastInstant } from '../../ledger/instants.ts';
import { UsageError } from '../../runtime/errors.ts';
import { rebuild, rehearseRebuild, type HoldChange, type Rebuilt } from '../../tasks/rebuild.ts';
import { inSession, type CommonOptions, type Shell, writingCommand } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { asOption, reasonOption } from '../free-text.ts';
import { outJson, type Io } from '../io.ts';
import { toldOfShards } from '../progress.ts';
import { actorOf, ledgerPlace, type ClockOption, type Session } from '../session.ts';
import type { ExposedRow } from '../../tasks/hold-exposure.ts';
import { clashWords } from '../../words/clash-words.ts';
import { count } from '../../words/lists.ts';
import {
  complainOfAway,
  dryRunJson,
  exposureTable,
  showDryRun,
  showVerdict,
  verdictExitCode,
} from '../show-rebuilt.ts';
import { complainOfSynced, showSynced, syncedJson } from '../show-synced.ts';
import { parseDurationMs } from '../duration.ts';
import { parseTime } from '../time.ts';
import { say, type Shown } from '../../words/shown.ts';
import { warnOfClock } from '../warn-of-clock.ts';

interface RebuildOptions extends CommonOptions, ClockOption {
  readonly shard: string;
  readonly dryRun?: boolean;
  readonly at?: string;
  readonly hold?: boolean;
  readonly acceptExposure?: boolean;
  readonly resume?: boolean;
  readonly reason?: string;
  readonly as?: string;
  readonly timeout: string;
}

export function rebuildCommand(shell: Shell): Command {
  return writingCommand('rebuild', {
    summary: "drive an empty or damaged shard to the events' state, verify it, and report what was found",
    example:
      'isoledger rebuild --shard shard-1\n  isoledger rebuild --shard shard-1 --at 2026-03-01T12:00:00Z --dry-run',
  })
    .requiredOption('--shard <shard>', 'the shard, by name')
    .option('--dry-run', 'only say what each host holds and what would change; records and drives nothing')
    .option('--at <time>', 'a past state (seq:N or ISO 8601): with --dry-run, or with --hold')
    .option('--hold', "with --at: drive there, and stop the shard's applier there until --resume")
    .option(
      '--accept-exposure',
      'with --hold and --reason: though connections open beyond what is authorised now (--dry-run lists them)',
    )
    .option('--resume', 'end a hold: drive the shard to the present again')
    .addOption(reasonOption('why; recorded with a hold or its end'))
    .addOption(asOption())
    .option('--timeout <duration>', 'how long to wait for hosts that do not answer', '60s')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RebuildOptions>();
      requireSense(options);
      const deed = options.dryRun === true ? 'ask' : 'write';
      await inSession(shell, { options, deed }, (session) => run(session, options));
    });
}

function requireSense({ at, dryRun: isDry, hold, resume, acceptExposure }: RebuildOptions): void {
  if (resume === true && (at !== undefined || hold === true)) {
    throw new UsageError('--resume goes with neither --at nor --hold: it drives the shard to the present');
  }
  if (acceptExposure === true && hold !== true)
    throw new UsageError('--accept-exposure goes with --hold: nothing else opens what is not authorised');
  if (hold === true && at === undefined) throw new UsageError('--hold needs the past state: --at TIME');
  if (hold === true && isDry === true) throw new UsageError('--hold drives, --dry-run does not: choose one');
  if (at !== undefined && hold !== true && isDry !== true) {
    throw new UsageError(
      '--at needs --dry-run (only show the past state) or --hold (drive there and stop the applier there)',
    );
  }
}

async function run(session: Session, options: RebuildOptions): Promise<ExitCode> {
  const { io } = session;
  const json = options.json === true;
  const at = options.at === undefined ? undefined : pastInstant(options.at, session);
  if (options.dryRun === true) {
    const resumes = options.resume === true;
    const found = await rehearseRebuild(session, { shard: options.shard, at, resumes });
    if (json) outJson(io, dryRunJson(found));
    else showDryRun(io, found);
    return complainOfAway(io, found);
  }
  await warnOfClock(session);
  const rebuilt = await rebuild(session, {
    ...{ shard: options.shard, actor: actorOf(options.as), reason: options.reason },
    timeoutMs: parseDurationMs(options.timeout),
    to:
      at === undefined
        ? { kind: options.resume === true ? 'resume' : 'present' }
        : { kind: 'hold', at, acceptsExposure: options.acceptExposure === true },
    onHold: (change) => {
      if (!json) io.out(holdWords(change, options));
    },
    ...toldOfShards(io),
  });
  return report(io, rebuilt, options);
}

/** Complains of what somebody does by hand, which a rebuild would undo. Nothing was recorded. */
function refuseBypass(io: Io, hosts: readonly string[], { json, shard }: RebuildOptions): ExitCode {
  if (json === true) outJson(io, { formatVersion: 1, refused: 'bypass', hosts });
  for (const host of hosts)
    io.err(
      say`isoledger: the rebuild of ${shard} is refused: a bypass is open at host ${host}, and what is done there by hand would be undone; isoledger bypass close --shard ${shard} --host ${host} ends it\n`,
    );
  return exitCode.refused;
}

/** Complains of a hold that opens connections without acceptance. Nothing was recorded. */
function refuseExposure(
  io: Io,
  exposure: readonly ExposedRow[],
  { json, acceptExposure }: RebuildOptions,
): ExitCode {
  if (json === true) outJson(io, { formatVersion: 1, refused: 'exposure', exposure });
  else io.out(exposureTable(exposure));
  const lacks =
    acceptExposure === true ? '--reason, which the event keeps' : '--accept-exposure and --reason';
  io.err(
    say`isoledger: the hold is refused: it opens ${count(exposure.length, 'connection')} beyond what is authorised now; to hold all the same give ${lacks}\n`,
  );
  return exitCode.refused;
}

/** Throws UsageError for what is not past. */
function pastInstant(text: string, { clock }: Session): PastInstant {
  const time = parseTime(text);
  if (time.kind === 'now') throw new UsageError('--at now is no past state: leave --at out');
  if (time.kind === 'time' && time.instant > clock.now()) {
    throw new UsageError(`--at ${text} is still to come: a past state is one that was`);
  }
  return time;
}

function holdWords(change: HoldChange, { shard, at = '' }: RebuildOptions): Shown {
  if (change.kind === 'resumed')
    return say`${shard} ${change.wasHeld ? 'follows the events again' : 'was not held'}\n`;
  const isWithin = /^seq:/.test(at) && at !== `seq:${String(change.seq)}`;
  const end = isWithin ? ` (the end of the batch that ${at} is in)` : '';
  return say`${shard} is held at seq ${String(change.seq)}${end}, ${change.time}: but for quarantine it follows no event until isoledger rebuild --shard ${shard} --resume\n`;
}

async function report(io: Io, rebuilt: Rebuilt, options: RebuildOptions): Promise<ExitCode> {
  const { shard, json } = options;
  if (rebuilt.kind === 'clash') {
    io.err(say`isoledger: ${clashWords(rebuilt.clash)}\n`);
    return exitCode.refused;
  }
  if (rebuilt.kind === 'bypassed') return refuseBypass(io, rebuilt.hosts, options);
  if (rebuilt.kind === 'exposes') return refuseExposure(io, rebuilt.exposure, options);
  const { shards, verification } = rebuilt;
  if (json === true) outJson(io, { formatVersion: 1, shards: syncedJson(shards), verification });
  else {
    showSynced(io, shards);
    showVerdict(io, shard, verification);
  }
  const complaint = complainOfSynced(io, shards, await ledgerPlace(options));
  return complaint === exitCode.ok ? verdictExitCode(verification) : complaint;
}
