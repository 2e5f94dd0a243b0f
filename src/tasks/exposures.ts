import { defined } from '../../events/codec/defined.ts';
import { verify, type Report } from '../verify/verify.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { Unfinished } from '../ledger/replay.ts';
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
  /** Hosts that are taken to hold nothing on a person's word. */
  readonly vouched: Report['vouched'];
}

interface OpenExposure extends Pick<ReportedFinding, 'kind' | 'from' | 'to' | 'former'> {
  readonly openedBy: ReportedFinding['window']['openedBy'];
}

type ReportedFinding = Report['findings'][number];

/**
 * Asks the verifier about the applied lane; what is authorised and does not get through is no exposure. What it reads of the
 * whole ledger tells of unfinished batches as well.
 */
export async function openExposures({
  ledger,
  clock,
  onUnfinished,
}: {
  readonly ledger: LedgerReader;
  readonly clock: WallClock;
  readonly onUnfinished?: (unfinished: Unfinished) => void;
}): Promise<Exposures> {
  const question = { at: { kind: 'now' }, lane: 'applied', excessOnly: true, clock, onUnfinished } as const;
  const { verdict, findings, gaps, vouched } = await verify(ledger, question);
  const open = findings.map(({ kind, from, to, former, window }) => ({
    ...{ kind, from, to, ...defined({ former }) },
    openedBy: window.openedBy,
  }));
  const isLateUnknown = gaps.some(({ kind }) => kind === 'clock');
  return { verdict, open, gaps: gaps.length, isLateUnknown, vouched };
}
