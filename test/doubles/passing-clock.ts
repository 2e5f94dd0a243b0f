import { nextTurn } from '../../src/runtime/next-turn.ts';
import { ManualClock } from './manual-clock.ts';

/** A clock on which nobody waits for real time: as soon as somebody sleeps, the time passes. */
export class PassingClock extends ManualClock {
  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const sleeping = super.sleep(milliseconds, signal);
    await nextTurn();
    this.wakeNext();
    await sleeping;
  }
}
