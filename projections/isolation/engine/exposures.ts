import { common, notOfTraffic, ofTraffic, without, type Box } from '../header-sets/boxes.ts';
import type { ByHolders } from '../judging/former.ts';
import { limitSeconds, type Exposure, type JudgedExposure } from '../judging/revocation.ts';
import { secondsBefore, type IsolationState } from '../state.ts';
import type { Past } from './past.ts';
import type { StretchEnd } from './ticks.ts';

/** Packets that were authorised lately between those who held two ports then, and the end of that. */
interface Revoked extends ByHolders, StretchEnd {}

/**
 * As `judgeExposures`, by what is remembered of the pairs themselves. `onLimit` is told each instant at which a revocation that is
 * in time now becomes late.
 */
export function judgeByPast(
  exposures: readonly Exposure[],
  at: { readonly state: IsolationState; readonly instant: string; readonly past: Past },
  onLimit?: (instant: string) => void,
): JudgedExposure[] {
  return exposures.map((exposure) => {
    const ports = { from: exposure.from.key, to: exposure.to.key };
    const limit = limitSeconds(exposure, at.state);
    const after = secondsBefore(at.instant, limit);
    let late = exposure.excess;
    const inTime: ByHolders[] = [];
    const reopened: Box[] = [];
    for (const { from, to, authorised, ...end } of at.past.stretches(ports, after)) {
      const holders = { from: from.end, to: to.end };
      const isInside = from.end === to.end;
      const boxes = isInside ? late : common(late, [authorised]);
      if (boxes.length === 0) continue;
      late = isInside ? [] : without(late, authorised);
      onLimit?.(secondsBefore(end.until, -limit));
      const traced = trace({ holders, boxes, ...end }, ports, at.past);
      reopened.push(...traced.reopened);
      if (traced.pending.length > 0) inTime.push({ holders, boxes: traced.pending });
      // What was authorised before that is not asked any more.
      if (late.length === 0) break;
    }
    return { ...exposure, late: [...late, ...reopened], inTime };
  });
}

/**
 * Follows revoked packets back to their revocation. What was open when they were revoked, was cut everywhere since, and is open
 * again was opened again. What lasts was never cut everywhere.
 */
function trace(
  revoked: Revoked,
  ports: { readonly from: string; readonly to: string },
  past: Past,
): { readonly pending: readonly Box[]; readonly reopened: readonly Box[] } {
  const before = past.ticks.before(revoked);
  let lasting = revoked.boxes;
  let cut: readonly Box[] = [];
  const reopened: Box[] = [];
  for (const open of past.openSince(ports, before)) {
    reopened.push(...ofTraffic(cut, open));
    cut = [...notOfTraffic(cut, open), ...notOfTraffic(lasting, open)];
    lasting = ofTraffic(lasting, open);
  }
  const then = past.openAt(ports, before);
  reopened.push(...ofTraffic(cut, then));
  return { pending: [...lasting, ...notOfTraffic(cut, then)], reopened };
}
