import { defined } from '../../events/codec/defined.ts';
import { verify, type Report } from '../verify/verify.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { WallClock } from '../runtime/clock.ts';

/**
 * Traffic that hosts may let through now beyond the authorised, and since when. `gaps` counts what is not known. With
 * `isLateUnknown` the ledger is ahead of the clock, so that a revocation may be late.
 */
export interface Exposures {
  readonly verdict: Report['verdict'];
  readonly open: readonly OpenExposure[];
  readonly gaps: number;
  readonly isLateUnknown: boolean;
}

interface OpenExposure extends Pick<ReportedFinding, 'kind' | 'from' | 'to' | 'former'> {
  readonly openedBy: ReportedFinding['window']['openedBy'];
}

type ReportedFinding = Report['findings'][number];

/** Asks the verifier about the applied lane; what is authorised and does not get through is no exposure. */
export async function openExposures({
  ledger,
  clock,
}: {
  readonly ledger: LedgerReader;
  readonly clock: WallClock;
}): Promise<Exposures> {
  const { verdict, findings, gaps } = await verify(ledger, { at: { kind: 'now' }, lane: 'applied', clock });
  const open = findings
    .filter(({ kind }) => kind !== 'missing')
    .map(({ kind, from, to, former, window }) => ({
      ...{ kind, from, to, ...defined({ former }) },
      openedBy: window.openedBy,
    }));
  return { verdict, open, gaps: gaps.length, isLateUnknown: gaps.some(({ kind }) => kind === 'clock') };
}
