import type { WindowCause } from '../../verify/when/window-causes.ts';
import type { ReachWindow, WhenReport } from '../../verify/when/when.ts';
import { laneWords } from '../lane-words.ts';
import { holderWords } from '../../words/holder-words.ts';
import { listWords } from '../../words/lists.ts';
import { momentWords } from '../../words/moment-words.ts';
import { packetWords, rowsWords } from '../../words/traffic-words.ts';
import { vouchedWords } from '../../words/vouched-words.ts';
import type { AskedLedger } from '../known-at.ts';
import { authorisingWords, causeWords, standingWords, whenHeadline } from '../when-words.ts';
import { pageOf, type Page, type PictureRow, type Shade, type ToldThing } from './page.ts';

/** What else a page tells: the command line, and the ledger on which it was judged. */
type AskedBy = Pick<AskedLedger, 'judgedOn' | 'knownAt'> & { readonly command: readonly string[] };

export function whenPage(report: WhenReport, { judgedOn, knownAt, command }: AskedBy): string {
  const { question, verdict, lane, scope, windows, unknown, gaps, vouched } = report;
  const page: Page = {
    question: `When could ${question.from} reach ${question.to}${question.traffic === null ? '' : ` by ${question.traffic}`}?`,
    verdict,
    answer: whenHeadline(report),
    facts: [
      ['Verdict', verdictWords[verdict]],
      ['From', momentWords({ seq: scope.fromSeq, time: scope.from })],
      ['To', momentWords({ seq: scope.toSeq, time: scope.to })],
      ['By', `${laneWords[lane]} (lane ${lane})`],
      ...(knownAt === undefined ? [] : ([['As known at', momentWords(knownAt)]] as const)),
    ],
    span: scope,
    picture: [...rowsOf(windows), ...unknownRow(unknown)],
    toldHeading: 'Each stretch of time: who, when, why',
    told: windows.map(toldOf),
    matrix: {
      at: scope.to,
      cells: windows
        .filter(({ until }) => until === null)
        .map(({ from, to, traffic, standing }) => ({
          ...{ from, to, shade: shadeOf[standing] },
          words:
            standing === 'authorised'
              ? rowsWords(traffic)
              : `${rowsWords(traffic)}: ${standingWords[standing]}`,
        })),
    },
    gaps: [
      ...gaps.map(({ about, problem, from = '', to = '' }) => `${about}: ${problem} (from ${from} to ${to})`),
      ...vouched.map(vouchedWords),
    ],
    ledger: judgedOn,
    command,
  };
  return pageOf(page);
}

const verdictWords = {
  proven: 'proven: nothing got through but what both sides had allowed, or revoked within the limit',
  violated: 'violated: something got through that was not authorised',
  unknown: 'unknown: nothing wrong is known, and not everything is known',
} as const satisfies Record<WhenReport['verdict'], string>;

const shadeOf = {
  authorised: 'authorised',
  'pending-revocation': 'pending',
  isolation: 'unauthorised',
  airgap: 'unauthorised',
} as const satisfies Record<ReachWindow['standing'], Shade>;

function rowsOf(windows: readonly ReachWindow[]): PictureRow[] {
  const pairs = Map.groupBy(windows, ({ from, to }) => `${from} → ${to}`);
  return Array.from(pairs, ([label, of]) => ({
    label,
    bars: of.map(({ since, until, standing, traffic }) => ({
      ...{ from: since, to: until, shade: shadeOf[standing] },
      title: `${rowsWords(traffic)}, ${standingWords[standing]}, ${since} to ${until ?? 'not ended'}`,
    })),
  }));
}

function unknownRow(unknown: WhenReport['unknown']): PictureRow[] {
  if (unknown.length === 0) return [];
  const bars = unknown.map((stretch) => ({
    ...stretch,
    shade: 'unknown' as const,
    title: `not known, ${stretch.from} to ${stretch.to}`,
  }));
  return [{ label: 'not known', bars }];
}

function toldOf(window: ReachWindow): ToldThing {
  const { from, to, former, traffic, standing, since, until, openedBy, closedBy, rules, witness, objects } =
    window;
  const ends = `${holderWords(from, former?.from)} → ${holderWords(to, former?.to)}`;
  return {
    heading: `${ends}, ${rowsWords(traffic)}: ${standingWords[standing]}`,
    shade: shadeOf[standing],
    facts: [
      ['When', `${since} to ${until ?? 'not ended'}`],
      ['Opened by', causeWords(openedBy)],
      ...closing(closedBy),
      ...rules.map((rule) => ['Allowed', authorisingWords(rule)] as const),
      ...(witness === null ? [] : [['Packet', packetWords(witness)] as const]),
      ...(objects.length === 0 ? [] : [['Let through by', listWords(objects)] as const]),
    ],
  };
}

function closing(closedBy: WindowCause | null): ToldThing['facts'] {
  return closedBy === null ? [] : [['Closed by', causeWords(closedBy)]];
}
