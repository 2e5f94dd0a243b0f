import { defined } from '../../../events/codec/defined.ts';
import type { Command } from 'commander';
import { historyPlace } from '../../tasks/history-place.ts';
import { when, type ReachWindow, type WhenReport } from '../../verify/when/when.ts';
import { momentWords } from '../../words/moment-words.ts';
import { say } from '../../words/shown.ts';
import { vouchedWords } from '../../words/vouched-words.ts';
import { givenEnds, heldJson, showHeld, type GivenEnds } from '../addresses.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { verdictCode } from '../exit.ts';
import { outJson, type Io } from '../io.ts';
import {
  askedLedger,
  instantsOfInterval,
  knownAtOption,
  knownAtWords,
  type AskedLedger,
  type KnownAtOption,
} from '../known-at.ts';
import { optionWords } from '../page/command-words.ts';
import { whenPage } from '../page/when-page.ts';
import { htmlOption, requireNewPage, writePage, type HtmlOption } from '../page/write-page.ts';
import { showProgress } from '../progress.ts';
import { showGaps } from '../show-gaps.ts';
import { parseTime } from '../time.ts';
import { showTimeline, type TimelineRow } from '../timeline.ts';
import { stretchWords, whenHeadline, windowFacts } from '../when-words.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { laneOption } from './connections.ts';

interface WhenOptions extends CommonOptions, KnownAtOption, HtmlOption {
  readonly from?: string;
  readonly to?: string;
  readonly lane: Lane;
}

export function whenCommand(shell: Shell): Command {
  return ledgerCommand('when', {
    summary:
      'every stretch of time in which A could reach B: by what, whether that was authorised, who opened and closed it',
    example: 'isoledger when acme-corp globex/database tcp/5432 --from 2026-03-01T00:00:00Z',
  })
    .argument(
      '<a>',
      'who opens connections: tenant (all its segments), tenant/segment, external, or the address of one',
    )
    .argument('<b>', 'to whom: likewise')
    .argument(
      '[proto/port]',
      'only this: tcp/443, udp/5000-5010, sctp (all its ports), icmp, any, or an IP protocol number',
    )
    .option('--from <time>', 'from this instant on (default: the first entry)')
    .option('--to <time>', 'up to this one, which is not included (default: now, which is)')
    .addOption(knownAtOption())
    .addOption(laneOption('applied'))
    .addOption(htmlOption())
    .addHelpText(
      'after',
      `
A stretch holds from its beginning, which is included, until its end, which is not. What came and went within one
millisecond is one too. The exit code is that of verify: 1 where something got through that was not authorised, 7 where
nothing did as far as is known, and something is not known; else 0, also where a revocation was still in time.`,
    )
    .action(
      async (
        ...words: [a: string, b: string, traffic: string | undefined, options: unknown, command: Command]
      ) => {
        const [a, b, traffic, , command] = words;
        const options = command.optsWithGlobals<WhenOptions>();
        const from = options.from === undefined ? undefined : parseTime(options.from);
        const to = parseTime(options.to);
        const { lane, html } = options;
        requireNewPage(options);
        await inSession(shell, { options }, async (session) => {
          const asked = await askedLedger(session, options, instantsOfInterval({ from, to }));
          const { io, ledger, clock, knownAt, judgedOn } = asked;
          const { nameOf, held } = await givenEnds({ ledger }, [a, b], { from, to });
          const ends = { source: nameOf(a), target: nameOf(b), traffic };
          const onProgress = (done: number, of: number): void => {
            showProgress(io, { label: 'judging', done, of });
          };
          // An answer of what was known once is of a part of the ledger; and --full has everything judged anew.
          const history = knownAt === undefined && options.full !== true ? historyPlace(session) : undefined;
          const report = await when(ledger, { ...ends, lane, from, to, clock, onProgress, history });
          if (html !== undefined) {
            const { from: since, to: until } = options;
            const given = optionWords({ from: since, to: until, lane, 'known-at': options.knownAt });
            const line = ['when', a, b, ...(traffic === undefined ? [] : [traffic]), ...given];
            writePage(html, whenPage(report, { judgedOn, knownAt, command: line }));
          }
          if (options.json === true)
            outJson(io, { ...report, ledger: judgedOn, ...defined({ knownAt }), ...heldJson(held) });
          else show(io, report, { knownAt, held });
          return verdictCode[report.verdict];
        });
      },
    );
}

function show(
  io: Io,
  report: WhenReport,
  { knownAt, held }: Pick<AskedLedger, 'knownAt'> & Pick<GivenEnds, 'held'>,
): void {
  const { lane, scope, windows, gaps, vouched } = report;
  const begins = momentWords({ seq: scope.fromSeq, time: scope.from });
  const ends = momentWords({ seq: scope.toSeq, time: scope.to });
  io.out(say`${whenHeadline(report)} (lane ${lane}, from ${begins} to ${ends}${knownAtWords(knownAt)})\n`);
  showHeld(io, held);
  showTimeline(io, rowsOf(report), scope);
  for (const window of windows) showWindow(io, window);
  showGaps(io, gaps);
  for (const word of vouched) io.out(say`\n${vouchedWords(word)}\n`);
}

/** One stretch, and under it by what it came, stood and went. */
function showWindow(io: Io, window: ReachWindow): void {
  io.out(say`\n${stretchWords(window)}\n`);
  for (const fact of windowFacts(window)) io.out(say`  ${fact}\n`);
}

/** A row a pair, and one of what is not known. */
function rowsOf({ windows, unknown }: WhenReport): TimelineRow[] {
  const pairs = Map.groupBy(windows, ({ from, to }) => `${from} -> ${to}`);
  const rows = Array.from(pairs, ([label, of]) => ({
    label,
    drawn: of.map(({ since, until, standing }) => ({ from: since, to: until, sign: signOf[standing] })),
  }));
  if (unknown.length === 0) return rows;
  return [
    ...rows,
    { label: 'not known', drawn: unknown.map((stretch) => ({ ...stretch, sign: '?' as const })) },
  ];
}

const signOf = {
  authorised: '=',
  'pending-revocation': '~',
  isolation: '#',
  airgap: '#',
} as const satisfies Record<ReachWindow['standing'], string>;
