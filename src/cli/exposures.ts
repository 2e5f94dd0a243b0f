import { verify, type Report } from '../verify/verify.ts';
import { count, table, type Io } from './io.ts';
import type { Session } from './session.ts';

/** What hosts may let through now beyond what is authorised, and since when; how much of it is not known. */
export interface Exposures {
  readonly verdict: Report['verdict'];
  readonly open: readonly Exposure[];
  readonly gaps: number;
}

interface Exposure extends Pick<Finding, 'kind' | 'from' | 'to'> {
  readonly openedBy: Finding['window']['openedBy'];
}

type Finding = Report['findings'][number];

/** Asks the verifier about the applied lane; what is authorised and does not get through is no exposure. */
export async function openExposures({ ledger, clock }: Session): Promise<Exposures> {
  const { verdict, findings, gaps } = await verify(ledger, { at: { kind: 'now' }, lane: 'applied', clock });
  const open = findings
    .filter(({ kind }) => kind !== 'missing')
    .map(({ kind, from, to, window }) => ({ kind, from, to, openedBy: window.openedBy }));
  return { verdict, open, gaps: gaps.length };
}

export function showExposures(io: Io, { open, gaps }: Exposures): void {
  if (open.length > 0) {
    io.out('\nopen exposures, which isoledger verify shows with a packet each:\n');
    const rows = open.map(({ kind, from, to, openedBy }) => [
      kind,
      from,
      to,
      `${openedBy.type} at ${openedBy.time}`,
    ]);
    io.out(table(['KIND', 'FROM', 'TO', 'SINCE'], rows));
  }
  if (gaps > 0)
    io.out(`\n${count(gaps, 'gap')} in what is known of the hosts: isoledger verify names them\n`);
  if (open.length === 0 && gaps === 0) io.out('\nno open exposure\n');
}
