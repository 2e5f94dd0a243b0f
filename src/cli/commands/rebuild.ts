import type { Command } from 'commander';
import type { Shard } from '../../../events/estate.ts';
import type { PastState } from '../../apply/drive/applier.ts';
import {
  estateAt,
  holdShard,
  pastState,
  resumeShard,
  vniClashes,
  type PastEstate,
} from '../../apply/record/hold.ts';
import { passTime } from '../../apply/record/pass-time.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { NoSuchInstant } from '../../verify/faults.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { drive } from '../drive.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { UsageError } from '../../runtime/errors.ts';
import { outJson } from '../io.ts';
import { requireShard } from '../named.ts';
import { dryRun } from '../rebuild-dry-run.ts';
import { actorOf, type Session } from '../session.ts';
import { keepEstate, loadEstate } from '../../tasks/workspace.ts';
import { complainOfSynced, showSynced } from '../show-synced.ts';
import { parseDurationMs, parseTime } from '../time.ts';
import { verdictExitCode, verifyShard, wordsOfVerdict } from '../verify-shard.ts';

interface RebuildOptions extends CommonOptions {
  readonly shard: string;
  readonly dryRun?: boolean;
  readonly at?: string;
  readonly hold?: boolean;
  readonly resume?: boolean;
  readonly reason?: string;
  readonly as?: string;
  readonly timeout: string;
}

export function rebuildCommand(shell: Shell): Command {
  return ledgerCommand('rebuild', {
    summary: "drive an empty or damaged shard to the events' state, verify it, and report what was found",
    example:
      'isoledger rebuild --shard shard-1\n  isoledger rebuild --shard shard-1 --at 2026-03-01T12:00:00Z --dry-run',
  })
    .requiredOption('--shard <shard>', 'the shard, by name')
    .option('--dry-run', 'only say what each host holds and what would change; records and drives nothing')
    .option('--at <time>', 'a past state (seq:N or ISO 8601): with --dry-run, or with --hold')
    .option('--hold', "with --at: drive there, and stop the shard's applier there until --resume")
    .option('--resume', 'end a hold: drive the shard to the present again')
    .option('--reason <text>', 'why; recorded with a hold or its end')
    .option('--as <name>', 'who does it; the account of the operating system if left out')
    .option('--timeout <duration>', 'how long to wait for hosts that do not answer', '60s')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RebuildOptions>();
      requireSense(options);
      await inSession(shell, { options }, (session) => rebuild(session, options));
    });
}

function requireSense({ at, dryRun: isDry, hold, resume }: RebuildOptions): void {
  if (resume === true && (at !== undefined || hold === true || isDry === true)) {
    throw new UsageError('--resume goes alone: it drives the shard to the present');
  }
  if (hold === true && at === undefined) throw new UsageError('--hold needs the past state: --at TIME');
  if (hold === true && isDry === true) throw new UsageError('--hold drives, --dry-run does not: choose one');
  if (at !== undefined && hold !== true && isDry !== true) {
    throw new UsageError(
      '--at needs --dry-run (only show the past state) or --hold (drive there and stop the applier there)',
    );
  }
}

async function rebuild(session: Session, options: RebuildOptions): Promise<ExitCode> {
  const { ledger, clock } = session;
  const actor = actorOf(options.as);
  const loaded = await loadEstate(session);
  const shard = requireShard(loaded.state, options.shard);
  const past = await pastOf(session, options.at);
  if (options.dryRun === true)
    return dryRun(session, { shard, past, estate: loaded, json: options.json === true });
  const estate = await passTime({ ledger, clock, actor }, loaded);
  if (past !== undefined) return hold(session, { options, shard, past, estate });
  const resumed = options.resume === true ? await resume(session, { options, estate }) : estate;
  return driveAndVerify(session, { options, shard, estate: resumed, driven: undefined });
}

async function resume(
  session: Session,
  { options, estate }: { options: RebuildOptions; estate: Projected<Estate> },
): Promise<Projected<Estate>> {
  const resumed = await resumeShard(requestOf(session, options), estate);
  if (options.json !== true) {
    const what = resumed.recorded === undefined ? 'was not held' : 'follows the events again';
    session.io.out(`${options.shard} ${what}\n`);
  }
  return resumed.estate;
}

/** Throws UsageError, NoSuchInstant. */
async function pastOf({ ledger, clock }: Session, at: string | undefined): Promise<PastEstate | undefined> {
  if (at === undefined) return undefined;
  const time = parseTime(at);
  if (time.kind === 'now') throw new UsageError('--at now is no past state: leave --at out');
  const now = clock.now();
  if (time.kind === 'time' && time.instant > now) {
    throw new UsageError(`--at ${at} is still to come: a past state is one that was`);
  }
  const past = await estateAt(ledger, time);
  if (past !== undefined) return past;
  const { size } = await ledger.head();
  throw new NoSuchInstant({ seq: time.kind === 'seq' ? time.seq : -1, head: size - 1 });
}

function requestOf(
  session: Session,
  { shard, reason, as }: RebuildOptions,
): Parameters<typeof resumeShard>[0] {
  const stated = reason === undefined ? {} : { reason };
  return {
    ...{ ledger: session.ledger, actor: actorOf(as), shard, idempotencyKey: session.newId() },
    ...stated,
  };
}

async function hold(
  session: Session,
  of: { options: RebuildOptions; shard: Shard; past: PastEstate; estate: Projected<Estate> },
): Promise<ExitCode> {
  const { options, shard, past } = of;
  const state = pastState(shard.shard, past);
  const [clash] = vniClashes(state, of.estate.state.intended);
  if (clash !== undefined) {
    session.io.err(
      `isoledger: the state of then cannot be driven: VNI ${String(clash.vni)} belonged to ${clash.then} and is ${clash.now}'s now, so that one network would be two's; choose a later --at\n`,
    );
    return exitCode.refused;
  }
  const held = await holdShard(requestOf(session, options), past, of.estate);
  if (options.json !== true) {
    const isWithin = /^seq:/.test(options.at ?? '') && options.at !== `seq:${String(past.seq)}`;
    const end = isWithin ? ` (the end of the batch that ${options.at ?? ''} is in)` : '';
    session.io.out(
      `${shard.shard} is held at seq ${String(past.seq)}${end}, ${past.time}: but for quarantine it follows no event until isoledger rebuild --shard ${shard.shard} --resume\n`,
    );
  }
  return driveAndVerify(session, { options, shard, estate: held.estate, driven: state });
}

async function driveAndVerify(
  session: Session,
  of: {
    options: RebuildOptions;
    shard: Shard;
    estate: Projected<Estate>;
    /** The past state to drive to; undefined for the present. */
    driven: PastState | undefined;
  },
): Promise<ExitCode> {
  const { io } = session;
  const { options, shard } = of;
  const past = of.driven === undefined ? {} : { past: of.driven };
  const request = { actor: actorOf(options.as), timeoutMs: parseDurationMs(options.timeout), ...past };
  keepEstate(session, of.estate);
  const { shards, estate } = await drive(session, { ...request, shards: [shard.shard] }, of.estate);
  const verified = await verifyShard(session, { shard: shard.shard, estate });
  if (options.json === true) outJson(io, { formatVersion: 1, shards, verification: verified });
  else {
    showSynced(io, shards);
    io.out(wordsOfVerdict(shard.shard, verified));
  }
  const complaint = complainOfSynced(io, shards);
  return complaint === exitCode.ok ? verdictExitCode(verified) : complaint;
}
