import { defined } from '../../../events/codec/defined.ts';
import type { Command } from 'commander';
import type { ChangeCause } from '../../verify/diff/causes.ts';
import { diff } from '../../verify/diff/diff.ts';
import { isLater, type Difference } from '../../verify/diff/difference.ts';
import type { ChangedRow } from '../../verify/diff/lane-traffic.ts';
import { historyPlace } from '../../tasks/history-place.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { gapKey } from '../../../projections/isolation/hosts/gap.ts';
import type { ReportedGap } from '../../verify/verify.ts';
import { outJson, table, type Io } from '../io.ts';
import {
  askedLedger,
  knownAtOption,
  knownAtWords,
  type AskedLedger,
  type KnownAtOption,
} from '../known-at.ts';
import { gapsCode, reservation, showGaps } from '../show-gaps.ts';
import { count } from '../../words/lists.ts';
import { parseTime } from '../time.ts';
import { authorWords } from '../../words/origin-words.ts';
import { rowWords } from '../../words/traffic-words.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { laneOption } from './connections.ts';
import type { Doubted } from '../../verify/unknown.ts';
import { momentWords } from '../../words/moment-words.ts';
import { say, type Shown } from '../../words/shown.ts';

interface DiffOptions extends CommonOptions, KnownAtOption {
  readonly lane: Lane;
  readonly detailedExitcode?: boolean;
}

export function diffCommand(shell: Shell): Command {
  return ledgerCommand('diff', {
    summary: 'connections gained and lost from one instant to another, and the events that did it',
    example: 'isoledger diff 2026-03-01T00:00:00Z now --lane intended',
  })
    .argument('<from>', 'now, seq:N, or ISO 8601 with zone or offset')
    .argument('<to>', 'likewise; where it is the earlier one, gained is what there was then and no longer')
    .addOption(knownAtOption())
    .addOption(laneOption('applied'))
    .option('--detailed-exitcode', 'exit code 1 where the two differ')
    .action(async (fromText: string, toText: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DiffOptions>();
      const [from, to] = [parseTime(fromText), parseTime(toText)];
      const { lane } = options;
      await inSession(shell, { options }, async (session): Promise<ExitCode> => {
        const instants = [
          { by: '<from>', at: from },
          { by: '<to>', at: to },
        ];
        const { io, ledger, clock, knownAt, judgedOn } = await askedLedger(session, options, instants);
        // An answer of what was known once is of a part of the ledger.
        const isOfAll = knownAt === undefined && options.full !== true;
        const history = isOfAll ? historyPlace(session) : undefined;
        const answer = await diff(ledger, { from, to, lane, clock, history });
        if (options.json === true) outJson(io, { ...answer, ledger: judgedOn, ...defined({ knownAt }) });
        else show(io, answer, { from: fromText, to: toText, knownAt });
        const code = gapsCode(doubtedIn(answer));
        if (code !== exitCode.ok) return code;
        const differs = answer.gained.length + answer.lost.length > 0;
        return options.detailedExitcode === true && differs ? exitCode.finding : exitCode.ok;
      });
    });
}

/** The two instants as they were written. */
interface Asked extends Pick<AskedLedger, 'knownAt'> {
  readonly from: string;
  readonly to: string;
}

/** What is not known of either instant, each once. */
function doubtedIn({ lane, from, to, gaps }: Difference): Doubted & { gaps: ReportedGap[] } {
  const all = new Map([...gaps.from, ...gaps.to].map((gap) => [gapKey(gap), gap]));
  return { lane, at: [from, to], gaps: [...all.values()] };
}

function show(io: Io, answer: Difference, asked: Asked): void {
  const { knownAt } = asked;
  const { from, to, lane, gained, lost } = answer;
  const doubted = doubtedIn(answer);
  const numbers = `${count(gained.length, 'connection')} gained, ${count(lost.length, 'connection')} lost`;
  io.out(say`${reservation(doubted)}${numbers} (lane ${lane}${knownAtWords(knownAt)})\n`);
  io.out(say`from ${momentWords(from)}\n  to ${momentWords(to)}\n`);
  if (gained.length + lost.length > 0) showChanges(io, answer);
  if (answer.between + answer.boundsBetween > 1) showHint(io, answer, asked);
  showGaps(io, doubted.gaps);
}

/** Each of several batches and time bounds may have opened what a later one closed; only every instant between the two can tell. */
function showHint(io: Io, { from, to, lane, between, boundsBetween }: Difference, asked: Asked): void {
  const passed = [
    ...(between > 0 ? [count(between, 'batch', 'batches')] : []),
    ...(boundsBetween > 0 ? [count(boundsBetween, 'time bound')] : []),
  ].join(' and ');
  const [begins, ends] = isLater(from, to) ? [asked.to, asked.from] : [asked.from, asked.to];
  io.out(
    say`\n${passed} lie between; what came and went again within them is not listed. To judge every instant of it:\n`,
  );
  io.out(say`  isoledger verify --from ${begins} --to ${ends} --lane ${lane}\n`);
}

function showChanges(io: Io, { from, to, gained, lost, batches }: Difference): void {
  io.out(say`\n${table(['', 'FROM', 'TO', 'PROTOCOL', 'PORTS'], changedRows({ gained, lost }))}`);
  io.out(
    isLater(from, to)
      ? say`\nthe second instant is the earlier one; what lies between, in the order in which it happened:\n`
      : say`\nwhat did it, in order:\n`,
  );
  for (const cause of batches) showCause(io, cause);
}

function changedRows({ gained, lost }: Pick<Difference, 'gained' | 'lost'>): string[][] {
  const rowsOf = (sign: string, rows: readonly ChangedRow[]): string[][] =>
    rows.map(({ from, to, protocol, ports }) => [sign, from, to, protocol, ports]);
  return [...rowsOf('-', lost), ...rowsOf('+', gained)];
}

/** How many connections are listed under each thing that did it. */
const rowsMax = 8;

function showCause(io: Io, cause: ChangeCause): void {
  io.out(say`\n${causeWords(cause)}\n`);
  const changed = changedRows(cause);
  for (const [sign = '', from = '', to = '', protocol = '', ports = ''] of changed.slice(0, rowsMax)) {
    const flow = `${from} -> ${to} ${rowWords({ protocol, ports })}`;
    io.out(say`  ${changeWords(cause.lane, sign, flow)}\n`);
  }
  if (changed.length > rowsMax)
    io.out(say`  and ${String(changed.length - rowsMax)} more: --json lists them all\n`);
}

/** A host that was told to let something through may do so from then on; what it was told to cut is cut once it said so. */
function changeWords(lane: ChangeCause['lane'], sign: string, flow: string): string {
  if (lane === 'intended') return `the documents ${sign === '+' ? 'now' : 'no longer'} allow ${flow}`;
  return sign === '+' ? `hosts may now let through ${flow}` : `no host lets through any longer ${flow}`;
}

function causeWords(cause: ChangeCause): Shown {
  if (cause.kind === 'TimeBound') {
    return say`${cause.time}: a time bound passed (${cause.rules.join('; ')})`;
  }
  const { first, last, time, events } = cause;
  const seq = first === last ? `seq ${String(first)}` : `seq ${String(first)} to ${String(last)}`;
  return say`${seq}, ${time}, ${authorWords(cause)}:\n  ${events.join('; ')}`;
}
