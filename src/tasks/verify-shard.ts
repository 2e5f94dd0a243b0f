import { tenantOf } from '../../events/names.ts';
import { appliedShard } from '../../projections/applied/applied.ts';
import { isViolation } from '../../projections/isolation/judging/findings.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { verify, type Report, type Verdict } from '../verify/verify.ts';
import type { ShardSynced } from '../apply/drive/shard-synced.ts';
import type { Workspace } from './workspace.ts';

/** The verdict on one shard: findings with an end on it, and every gap. */
export interface ShardVerdict extends Pick<Report, 'findings' | 'gaps'> {
  readonly verdict: Verdict;
}

/** Judges the applied lane of now, as far as a shard is concerned. Throws what verify throws. */
export async function verifyShard(
  { ledger, clock }: Workspace,
  { shard, estate }: { shard: string; estate: Projected<Estate> },
): Promise<ShardVerdict> {
  const report = await verify(ledger, { at: { kind: 'now' }, lane: 'applied', clock });
  const networks = new Set<string>();
  for (const object of appliedShard(estate.state.applied, shard).objects.values()) {
    if (object.kind === 'network') networks.add(object.segment);
  }
  const { placements } = estate.state.intended.directory;
  const isHere = (end: string): boolean => networks.has(end) || placements.get(tenantOf(end) ?? '') === shard;
  const findings = report.findings.filter(({ from, to }) => isHere(from) || isHere(to));
  const violated = findings.some(({ kind }) => isViolation(kind));
  const verdict = violated ? 'violated' : report.gaps.length > 0 ? 'unknown' : 'proven';
  return { verdict, findings, gaps: report.gaps };
}

/**
 * The verdict on a shard that was just driven. What is said of hosts that could not be rests on what they acknowledged before: that is no
 * proof of what they hold now, and each of them is a gap.
 */
export function judgedAsDriven(verdict: ShardVerdict, driven: readonly ShardSynced[]): ShardVerdict {
  const gaps = [...verdict.gaps, ...driven.flatMap(undrivenGaps)];
  const isDoubted = verdict.verdict === 'proven' && gaps.length > 0;
  return { ...verdict, gaps, verdict: isDoubted ? 'unknown' : verdict.verdict };
}

function undrivenGaps({ shard, absent, refused, taken }: ShardSynced): ShardVerdict['gaps'] {
  const hosts = [...absent, ...refused.map(({ host, fault }) => ({ host, problem: fault.message }))];
  const about = [
    ...hosts.map(({ host, problem }) => ({ about: host, problem })),
    ...(taken === undefined ? [] : [{ about: shard, problem: taken.message }]),
  ];
  return about.map((each) => ({
    kind: 'acknowledgement',
    about: each.about,
    problem: `it could not be driven, and what is said of it rests on what was acknowledged before: ${each.problem}`,
  }));
}
