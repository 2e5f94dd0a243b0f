import type { ConnectionRow } from '../../../projections/isolation/judging/connections.ts';
import type { Instant } from '../../ledger/instants.ts';
import { causeOrigins } from '../../verify/cause-origins.ts';
import { connections } from '../../verify/connections.ts';
import { UnknownEnd } from '../../verify/faults.ts';
import type { Report, Subject } from '../../verify/verify.ts';
import type { AskedLedger } from '../known-at.ts';
import { optionWords } from './command-words.ts';
import { verifyPage } from './verify-page.ts';

interface AskedOfVerify {
  readonly options: {
    readonly [Name in 'at' | 'from' | 'to' | 'lane' | 'tenant' | 'peer' | 'knownAt']?: string | undefined;
  };
  /** The names of the ends that were given, by address or by name. */
  readonly ends: Pick<Subject, 'tenant' | 'peer'>;
  /** The end of the time asked about. */
  readonly at: Instant;
  readonly answer: string;
}

/** The page of an answer of `verify`: what could be reached at its end, and who recorded what opened and closed windows, are looked up. */
export async function verifyPageOf(
  of: AskedLedger,
  report: Report,
  { options, ends, at, answer }: AskedOfVerify,
): Promise<string> {
  const { tenant, peer } = ends;
  const { knownAt, ...given } = options;
  const causes = report.findings.flatMap(({ window }) => [window.openedBy.seq, window.closedBy?.seq]);
  const { at: instant, from, to, lane } = given;
  const words = { at: instant, from, to, lane, tenant: given.tenant, peer: given.peer, 'known-at': knownAt };
  return verifyPage(report, {
    ...{ judgedOn: of.judgedOn, knownAt: of.knownAt, tenant, peer, answer },
    command: ['verify', ...optionWords(words)],
    connections: await reachedAt(of, { lane: report.lane, at, tenant, peer }),
    causes: await causeOrigins(of.ledger, causes),
  });
}

/** The connections of what was asked about, either way; none of an end that is not there at that instant. */
async function reachedAt(
  { ledger, clock }: AskedLedger,
  { lane, at, tenant, peer }: Subject & { readonly at: Instant },
): Promise<ConnectionRow[]> {
  const ways =
    tenant === undefined
      ? [{}]
      : [
          { from: tenant, to: peer },
          { from: peer, to: tenant },
        ];
  const rows = new Map<string, ConnectionRow>();
  try {
    for (const way of ways)
      for (const row of (await connections(ledger, { at, lane, clock, ...way })).connections)
        rows.set(JSON.stringify(row), row);
  } catch (error) {
    if (!(error instanceof UnknownEnd)) throw error;
  }
  return [...rows.values()];
}
