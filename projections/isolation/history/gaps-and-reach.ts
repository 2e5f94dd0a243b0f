import { gapKey, type Gap } from '../hosts/gap.ts';
import { ReachStretches, type Reach } from '../judging/reach.ts';
import type { IntervalAnswer } from './interval.ts';
import { Windows } from './windows.ts';

/** What is known and reached at an instant. */
export interface Noted {
  readonly gaps: readonly Gap[];
  /** One way and back, as far as they are asked for. */
  readonly reach?: Reach | undefined;
  readonly reachBack?: Reach | undefined;
}

/** The gaps and the reach of an interval, noted at one instant of it after another. */
export class GapsAndReach {
  readonly #gaps = new Windows<Gap, string, string>(gapKey);
  readonly #reach = new ReachStretches();
  readonly #reachBack = new ReachStretches();

  note(instant: string, { gaps, reach, reachBack }: Noted): void {
    this.#gaps.close(gaps, instant);
    this.#gaps.open(gaps, instant);
    if (reach !== undefined) this.#reach.add(instant, reach);
    if (reachBack !== undefined) this.#reachBack.add(instant, reachBack);
  }

  /** All of it up to an instant. */
  until(end: string): Omit<IntervalAnswer, 'windows'> {
    return {
      gaps: this.#gaps
        .all()
        .map(({ item, openedBy, closedBy }) => ({ ...item, from: openedBy, to: closedBy ?? end })),
      reach: this.#reach.until(end),
      reachBack: this.#reachBack.until(end),
    };
  }
}
