import { defined } from '../../../events/codec/defined.ts';
import type { Instant } from '../../ledger/instants.ts';
import { adviceOn } from '../../tasks/advice/on-fault.ts';
import { historyPlace } from '../../tasks/history-place.ts';
import { refolded } from '../../tasks/kept-check.ts';
import { warnOfEditedReadings } from '../../tasks/kept-readings.ts';
import { warnOfUnused } from '../../tasks/workspace.ts';
import type { Command } from 'commander';
import { verifyAt, verifyInterval, type IntervalVerifyQuestion } from '../../verify/verify-interval.ts';
import type { Report, Subject } from '../../verify/verify.ts';
import {
  attestedJson,
  attestedOf,
  attestedWords,
  attestOption,
  lastingWords,
  recordAttested,
  requireAttest,
  whyPassing,
  type AttestOptions,
} from '../attest.ts';
import { acceptClockOption, inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, verdictCode, type ExitCode } from '../exit.ts';
import { UsageError } from '../../runtime/errors.ts';
import { outJson, table, type Io } from '../io.ts';
import { givenEnds, heldJson, showHeld, type GivenEnds } from '../addresses.ts';
import {
  askedLedger,
  instantsOfInterval,
  knownAtOption,
  knownAtWords,
  type AskedLedger,
  type GivenInstant,
  type KnownAtOption,
} from '../known-at.ts';
import { asOption, reasonOption } from '../free-text.ts';
import { count } from '../../words/lists.ts';
import { verifyPageOf } from '../page/verify-page-of.ts';
import { htmlOption, requireNewPage, writePage, type HtmlOption } from '../page/write-page.ts';
import { showProgress } from '../progress.ts';
import { ledgerPlace, type Session } from '../session.ts';
import { showGaps } from '../show-gaps.ts';
import { parseTime } from '../time.ts';
import { showTimeline } from '../timeline.ts';
import { verifyTimeline } from '../verify-timeline.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { laneOption } from './connections.ts';
import { holderWords } from '../../words/holder-words.ts';
import { momentWords } from '../../words/moment-words.ts';
import { say } from '../../words/shown.ts';
import { packetWords } from '../../words/traffic-words.ts';
import { vouchedWords } from '../../words/vouched-words.ts';

interface VerifyOptions extends CommonOptions, KnownAtOption, HtmlOption, AttestOptions {
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
  readonly lane: Lane;
  readonly tenant?: string;
  readonly peer?: string;
}

/** An instant, or an interval with at least one of its ends. */
type Asked =
  | { readonly kind: 'instant'; readonly at: Instant }
  | { readonly kind: 'interval'; readonly from: Instant | undefined; readonly to: Instant | undefined };

export function verifyCommand(shell: Shell): Command {
  return ledgerCommand('verify', {
    summary:
      'replay the ledger and judge isolation: proven, violated with a witness packet, or unknown with the gaps',
    example: 'isoledger verify --tenant acme-corp --peer globex --from 2026-03-01T00:00:00Z',
  })
    .option('--at <time>', 'now, seq:N, or ISO 8601 with zone or offset (default: now)')
    .option(
      '--from <time>',
      'judge every instant from this one on; without --to up to now, which is included',
    )
    .option(
      '--to <time>',
      'up to this one, which is not included; the same as --from means that one instant; without --from since the first entry',
    )
    .addOption(knownAtOption())
    .addOption(laneOption('applied'))
    .option(
      '--tenant <a>',
      'only what concerns this tenant, segment or external (or the address of one), from it and to it',
    )
    .option(
      '--peer <b>',
      'with --tenant: only what lies between the two, and whether anything gets from one to the other, either way',
    )
    .addOption(htmlOption())
    .addOption(attestOption())
    .addOption(reasonOption('with --attest: why; recorded with the entry'))
    .addOption(asOption())
    .addOption(acceptClockOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>();
      if (options.peer !== undefined && options.tenant === undefined)
        throw new UsageError('--peer goes with --tenant');
      const asked = askedIn(options);
      requireAttest(options);
      requireNewPage(options);
      const deed = options.attest === true ? 'write' : 'ask';
      await inSession(shell, { options, deed }, async (session) => {
        if (options.attest !== true) return answer(session, { options, asked });
        const lasting = { ...options, ...(await lastingWords(session, options)) };
        return answer(session, { options: lasting, asked: askedIn(lasting) });
      });
    });
}

function askedIn({ at, from, to }: VerifyOptions): Asked {
  if (from === undefined && to === undefined) return { kind: 'instant', at: parseTime(at) };
  if (at !== undefined)
    throw new UsageError(
      '--at asks about an instant, --from and --to about an interval: give one or the other',
    );
  return {
    kind: 'interval',
    from: from === undefined ? undefined : parseTime(from),
    to: to === undefined ? undefined : parseTime(to),
  };
}

async function answer(session: Session, { options, asked }: Invocation): Promise<ExitCode> {
  const { io } = session;
  const of = await askedLedger(session, options, instantsIn(asked));
  const { knownAt, judgedOn } = of;
  const passing = options.attest === true ? whyPassing({ of, asked }) : undefined;
  if (passing !== undefined)
    throw new UsageError(`--attest is for an answer that stays as it is: ${passing}`);
  await warnOfUnused(session);
  const kept = refolded(session);
  // What was known once is a part of the ledger, and the kept state that of the whole.
  const onBatch = kept.isKept && knownAt === undefined ? kept.take.bind(kept) : undefined;
  const { nameOf, held } = await givenEnds(of, [options.tenant, options.peer], duringOf(asked));
  const ends = {
    tenant: options.tenant && nameOf(options.tenant),
    peer: options.peer && nameOf(options.peer),
  };
  // An answer of what was known once is of a part of the ledger; and --full has everything judged anew.
  const history = knownAt === undefined && options.full !== true ? historyPlace(session) : undefined;
  const report = await judge(of, { lane: options.lane, ...ends, onBatch, history }, asked);
  if (options.html !== undefined)
    writePage(
      options.html,
      await verifyPageOf(of, report, {
        options,
        ends,
        at: duringOf(asked).to,
        answer: headline(report, asked),
      }),
    );
  const attested = attestedOf({ of, asked, ends, report });
  const seq = await recordAttested(session, options, attested);
  // The verdict rests on the entries alone. Other commands rest on what is kept, so that a difference is told too.
  const fault = onBatch && kept.difference();
  if (onBatch !== undefined) warnOfEditedReadings(session, kept.companion);
  if (options.json === true)
    outJson(io, {
      ...report,
      ledger: judgedOn,
      ...heldJson(held),
      ...attestedJson(attested, seq),
      ...defined({ knownAt, keptState: fault?.message }),
    });
  else {
    show(io, report, { options, asked, knownAt, held });
    if (attested !== undefined) io.out(attestedWords(attested, seq));
  }
  if (fault === undefined) return verdictCode[report.verdict];
  io.err(say`isoledger: ${fault.message}\n${adviceOn(fault, await ledgerPlace(options))}`);
  return exitCode.integrity;
}

function instantsIn(asked: Asked): GivenInstant[] {
  if (asked.kind === 'instant') return [{ by: '--at', at: asked.at }];
  return instantsOfInterval(asked);
}

function duringOf(asked: Asked): { from: Instant | undefined; to: Instant } {
  if (asked.kind === 'instant') return { from: asked.at, to: asked.at };
  return { from: asked.from, to: asked.to ?? { kind: 'now' } };
}

async function judge(
  { io, ledger, clock }: AskedLedger,
  { history, ...about }: Subject & Pick<IntervalVerifyQuestion, 'onBatch' | 'history'>,
  asked: Asked,
): Promise<Report> {
  const subject = { ...about, clock };
  if (asked.kind === 'instant') return verifyAt(ledger, { ...subject, history, at: asked.at });
  const onProgress = (done: number, of: number): void => {
    showProgress(io, { label: 'judging', done, of });
  };
  return verifyInterval(ledger, { ...subject, history, from: asked.from, to: asked.to, onProgress });
}

const verdictWords = {
  proven: 'nothing goes beyond what both sides allowed',
  violated: 'packets go where nobody allowed them to',
  unknown: 'there are gaps in what is known',
} as const satisfies Record<Report['verdict'], string>;

/** The verdict; one that is good says so of packets that still get through, too. */
function headline({ verdict, findings }: Report, { kind }: Asked): string {
  const pending = findings.filter((finding) => finding.kind === 'pending-revocation').length;
  if (verdict !== 'proven' || pending === 0) return `${verdict}: ${verdictWords[verdict]}`;
  const meanwhile = kind === 'instant' ? 'still under way' : 'under way meanwhile';
  const revocations = `${count(pending, 'revocation')} ${meanwhile} (within ${pending === 1 ? 'its' : 'their'} limit)`;
  return `proven, but for ${revocations}: nothing else goes beyond what both sides allowed`;
}

interface Invocation {
  readonly options: VerifyOptions;
  readonly asked: Asked;
}

function show(
  io: Io,
  report: Report,
  { options, asked, knownAt, held }: Invocation & Pick<AskedLedger, 'knownAt'> & Pick<GivenEnds, 'held'>,
): void {
  const { lane, scope, gaps, vouched } = report;
  const begins = momentWords({ seq: scope.fromSeq, time: scope.from });
  const ends = momentWords({ seq: scope.toSeq, time: scope.to });
  const when = asked.kind === 'instant' ? `at ${ends}` : `from ${begins} to ${ends}`;
  io.out(say`${headline(report, asked)} (lane ${lane}, ${when}${knownAtWords(knownAt)})\n`);
  showHeld(io, held);
  showReach(io, report, { options, asked });
  if (asked.kind === 'interval') showTimeline(io, verifyTimeline(report, options), scope);
  showFindings(io, report, asked);
  showGaps(io, gaps);
  for (const word of vouched) io.out(say`\n${vouchedWords(word)}\n`);
}

function showReach(io: Io, { reach, reachBack }: Report, { options, asked }: Invocation): void {
  const { tenant = '', peer = '' } = options;
  showOneWay(io, { way: `reach from ${tenant} to ${peer}`, reach, asked });
  showOneWay(io, { way: `reach from ${peer} to ${tenant}`, reach: reachBack, asked });
}

function showOneWay(
  io: Io,
  { way, reach, asked }: { way: string; reach: Report['reach']; asked: Asked },
): void {
  if (reach === undefined) return;
  if (asked.kind === 'instant') {
    io.out(say`${way}: ${reach.map((stretch) => stretch.reach).join(', ')}\n`);
    return;
  }
  io.out(say`\n${way}:\n`);
  io.out(
    table(
      ['FROM', 'TO', 'REACH'],
      reach.map((stretch) => [stretch.from, stretch.to, stretch.reach]),
    ),
  );
}

/** How many findings that are no violations people are shown; --json has them all. */
const harmlessMax = 20;

function showFindings(io: Io, { findings }: Report, asked: Asked): void {
  if (findings.length === 0) return;
  const harmless = findings.filter(({ kind }) => kind === 'missing' || kind === 'pending-revocation');
  const hidden = new Set(harmless.slice(harmlessMax));
  const until = asked.kind === 'instant' ? [] : ['UNTIL'];
  const rows = findings
    .filter((finding) => !hidden.has(finding))
    .map(({ kind, from, to, former, witness, window }) => [
      kind,
      holderWords(from, former?.from),
      holderWords(to, former?.to),
      packetWords(witness),
      causeWords(window.openedBy),
      ...until.map(() => causeWords(window.closedBy)),
    ]);
  io.out(say`\n${count(findings.length, 'finding')}:\n`);
  io.out(table(['KIND', 'FROM', 'TO', 'WITNESS PACKET', 'SINCE', ...until], rows));
  if (hidden.size > 0)
    io.out(say`and ${String(hidden.size)} more that are no violations: --json lists them all\n`);
}

function causeWords(cause: Report['findings'][number]['window']['closedBy']): string {
  return cause === null ? 'not ended' : `${cause.type} at ${cause.time}`;
}
