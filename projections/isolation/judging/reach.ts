import type { Question } from './contacts.ts';
import type { Finding } from './findings.ts';
import type { Gap } from '../hosts/gap.ts';
import { reaches, type Lane } from './lanes.ts';

/** Tells whether packets may get through, and whether that is authorised; unknown if gaps leave it open. */
export type Reach = 'none' | 'authorised' | 'unauthorised' | 'unknown';

/**
 * Tells whether connections may be opened on one of the pairs asked for. `findings` and `gaps` are the lane's at that
 * instant, for these pairs at least.
 */
export function reachOf(
  lane: Lane,
  question: Question,
  { findings, gaps }: { readonly findings: readonly Finding[]; readonly gaps: readonly Gap[] },
): Reach {
  if (findings.some((finding) => question.wanted.pair(finding) && goesBeyond(finding))) return 'unauthorised';
  if (gaps.length > 0) return 'unknown';
  return reaches(lane, question) ? 'authorised' : 'none';
}

/** True if packets get through that are not authorised now, late or still in time. */
function goesBeyond({ kind }: Finding): boolean {
  return kind === 'isolation' || kind === 'pending-revocation' || kind === 'airgap';
}

/** The reach from one instant (included) to another one (excluded). */
export interface ReachStretch {
  readonly from: string;
  readonly to: string;
  readonly reach: Reach;
}

/** Joins the reach at one instant after another into stretches. */
export class ReachStretches {
  readonly #since = new Map<string, Reach>();

  /**
   * Sets the reach from an instant on. Of several at one instant the last counts, as it does in a question about that
   * instant.
   */
  add(instant: string, reach: Reach): void {
    this.#since.set(instant, reach);
  }

  /** The stretches up to an instant. No two in a row are equal. */
  until(end: string): ReachStretch[] {
    const changes: { readonly from: string; readonly reach: Reach }[] = [];
    for (const [from, reach] of this.#since) {
      if (changes.at(-1)?.reach !== reach) changes.push({ from, reach });
    }
    return changes.map(({ from, reach }, index) => ({ from, to: changes[index + 1]?.from ?? end, reach }));
  }
}
