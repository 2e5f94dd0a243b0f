import type { Question } from './contacts.ts';
import type { Finding } from './findings.ts';
import type { Gap } from '../hosts/gap.ts';
import { reaches, type Lane } from './lanes.ts';

/** Tells whether packets may get through, and whether that is authorised; unknown if gaps leave it open. */
export type Reach = 'none' | 'authorised' | 'unauthorised' | 'unknown';

/** What was found at an instant. */
interface ToldOfPairs {
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
}

/**
 * Tells whether connections may be opened on one of the pairs asked for. `findings` and `gaps` are the lane's at that
 * instant, for these pairs at least.
 */
export function reachOf(lane: Lane, question: Question, told: ToldOfPairs): Reach {
  return reachIn(question.wanted, told, () => reaches(lane, question));
}

/** The same, where somebody else knows whether any of the pairs reaches. */
export function reachIn(
  wanted: Question['wanted'],
  { findings, gaps }: ToldOfPairs,
  reaches: () => boolean,
): Reach {
  if (findings.some((finding) => wanted.pair(finding) && goesBeyond(finding))) return 'unauthorised';
  if (gaps.length > 0) return 'unknown';
  return reaches() ? 'authorised' : 'none';
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
