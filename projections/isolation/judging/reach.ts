import type { Question } from './contacts.ts';
import type { Finding } from './findings.ts';
import type { Gap } from '../hosts/host-states.ts';
import { reaches, type Lane } from './lanes.ts';

/** Whether packets may get through, and whether that is authorised; unknown where gaps leave it open. */
export type Reach = 'none' | 'authorised' | 'unauthorised' | 'unknown';

/**
 * Whether the overlay, or what is authorised, lets connections be opened on one of the pairs asked for. `findings` and
 * `gaps` are those of the lane at that instant, of these pairs at least.
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

/** Whether something gets through that is not authorised now, late or still in time. */
function goesBeyond({ kind }: Finding): boolean {
  return kind === 'isolation' || kind === 'pending-revocation' || kind === 'airgap';
}

/** Reach for the time from one instant (included) to another one (excluded). */
export interface ReachStretch {
  readonly from: string;
  readonly to: string;
  readonly reach: Reach;
}

/** Puts reach at one instant after another together. */
export class ReachStretches {
  readonly #since = new Map<string, Reach>();

  /** From an instant on; of several at one instant the last one counts, as for whoever asks about that instant. */
  add(instant: string, reach: Reach): void {
    this.#since.set(instant, reach);
  }

  /** One stretch after another up to an instant, no two equal ones in a row. */
  until(end: string): ReachStretch[] {
    const changes: { readonly from: string; readonly reach: Reach }[] = [];
    for (const [from, reach] of this.#since) {
      if (changes.at(-1)?.reach !== reach) changes.push({ from, reach });
    }
    return changes.map(({ from, reach }, index) => ({ from, to: changes[index + 1]?.from ?? end, reach }));
  }
}
