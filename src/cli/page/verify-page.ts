import type { ConnectionRow } from '../../../projections/isolation/judging/connections.ts';
import type { Report, Subject } from '../../verify/verify.ts';
import type { WindowCause } from '../../verify/when/window-causes.ts';
import { laneWords } from '../lane-words.ts';
import { holderWords } from '../../words/holder-words.ts';
import { listWords } from '../../words/lists.ts';
import { momentWords } from '../../words/moment-words.ts';
import { packetWords, rowWords } from '../../words/traffic-words.ts';
import { vouchedWords } from '../../words/vouched-words.ts';
import type { AskedLedger } from '../known-at.ts';
import { causeWords } from '../when-words.ts';
import { pageOf, type PictureRow, type Shade, type ToldThing } from './page.ts';

type ShownFinding = Report['findings'][number];

/** What else a page tells. */
interface VerifyAsked extends Pick<AskedLedger, 'judgedOn' | 'knownAt'>, Pick<Subject, 'tenant' | 'peer'> {
  readonly command: readonly string[];
  /** In a sentence. */
  readonly answer: string;
  /** What could be reached at the end. */
  readonly connections: readonly ConnectionRow[];
  /** By seq, the event of a cause with who recorded it. */
  readonly causes: ReadonlyMap<number, WindowCause>;
}

export function verifyPage(report: Report, asked: VerifyAsked): string {
  const { verdict, lane, scope, findings, gaps, vouched } = report;
  const { tenant, peer, knownAt, connections, command, judgedOn: ledger } = asked;
  const about =
    tenant === undefined
      ? 'Was every tenant isolated?'
      : peer === undefined
        ? `Was ${tenant} isolated?`
        : `Were ${tenant} and ${peer} isolated from each other?`;
  const moments = [
    ['From', momentWords({ seq: scope.fromSeq, time: scope.from })],
    ['To', momentWords({ seq: scope.toSeq, time: scope.to })],
  ] as const;
  const open = findings.filter(({ window, kind }) => window.closedBy === null && kind !== 'missing');
  return pageOf({
    question: about,
    verdict,
    answer: asked.answer,
    facts: [
      ...moments,
      ['By', `${laneWords[lane]} (lane ${lane})`],
      ...(knownAt === undefined ? [] : ([['As known at', momentWords(knownAt)]] as const)),
    ],
    span: scope,
    picture: scope.from === scope.to ? [] : rowsOf(report),
    toldHeading: 'Each finding: who, when, why',
    told: findings.map((finding) => toldOf(finding, asked)),
    matrix: {
      at: scope.to,
      cells: [
        ...connections.map((row) => ({
          from: row.from,
          to: row.to,
          words: rowWords(row),
          shade: 'authorised' as const,
        })),
        ...open.map(({ kind, from, to, witness }) => ({
          ...{ from, to, shade: shadeOf[kind] },
          words: `${kind}: ${packetWords(witness)}`,
        })),
      ],
    },
    gaps: [
      ...gaps.map(
        ({ about: what, problem, from, to }) =>
          `${what}: ${problem}${from === undefined || to === undefined ? '' : ` (from ${from} to ${to})`}`,
      ),
      ...vouched.map(vouchedWords),
    ],
    ledger,
    command,
  });
}

const shadeOf = {
  isolation: 'unauthorised',
  airgap: 'unauthorised',
  classification: 'unauthorised',
  'pending-revocation': 'pending',
  missing: 'missing',
} as const satisfies Record<ShownFinding['kind'], Shade>;

const kindWords = {
  isolation: 'reachable, and not authorised',
  airgap: 'reachable across an air gap',
  classification: 'between classifications without a guard',
  'pending-revocation': 'revoked, not yet cut everywhere, within the limit',
  missing: 'authorised, and not reachable',
} as const satisfies Record<ShownFinding['kind'], string>;

function rowsOf({ findings, gaps }: Report): PictureRow[] {
  const pairs = Map.groupBy(findings, ({ from, to }) => `${from} → ${to}`);
  const rows = Array.from(pairs, ([label, of]) => ({
    label,
    bars: of.map(({ kind, window: { openedBy, closedBy } }) => ({
      ...{ from: openedBy.time, to: closedBy?.time ?? null, shade: shadeOf[kind] },
      title: `${kindWords[kind]}, ${openedBy.time} to ${closedBy?.time ?? 'not ended'}`,
    })),
  }));
  const unknown = gaps.flatMap(({ from, to, problem }) =>
    from === undefined || to === undefined ? [] : [{ from, to, shade: 'unknown' as const, title: problem }],
  );
  return unknown.length === 0 ? rows : [...rows, { label: 'not known', bars: unknown }];
}

function toldOf(
  { kind, from, to, former, witness, rules, window }: ShownFinding,
  { causes }: VerifyAsked,
): ToldThing {
  const ends = `${holderWords(from, former?.from)} → ${holderWords(to, former?.to)}`;
  const { openedBy, closedBy } = window;
  const wordsOf = (cause: typeof openedBy): string => {
    const known = cause.seq === null ? cause : causes.get(cause.seq);
    return known === undefined ? `${cause.type} at ${cause.time}` : causeWords(known);
  };
  return {
    heading: `${ends}: ${kindWords[kind]}`,
    shade: shadeOf[kind],
    facts: [
      ['When', `${openedBy.time} to ${closedBy?.time ?? 'not ended'}`],
      ['Opened by', wordsOf(openedBy)],
      ...(closedBy === null ? [] : [['Closed by', wordsOf(closedBy)] as const]),
      ['Packet', packetWords(witness)],
      ...(rules.length === 0 ? [] : [['Rules', listWords(rules)] as const]),
    ],
  };
}
