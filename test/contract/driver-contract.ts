import { describe } from 'vitest';
import { describeDriving } from './driver/driving.ts';
import { describeLeadingOn } from './driver/leading-on.ts';
import { describeMishaps } from './driver/mishaps.ts';
import { describeProbing } from './driver/probing.ts';
import type { OpenOverlay } from './driver/under-test.ts';
import { describeWatching } from './driver/watching.ts';

/** What every adapter of the overlay port promises, of its driver and of its probe. */
export const driverContract = {
  driving: describeDriving,
  'leading-on': describeLeadingOn,
  mishaps: describeMishaps,
  probing: describeProbing,
  watching: describeWatching,
} as const satisfies Record<string, (open: OpenOverlay) => void>;

/** The parts of the contract, one after the other; `open` gives an overlay that holds nothing. */
export function describeDriverContract(name: string, open: OpenOverlay): void {
  describe(`the overlay ${name}`, () => {
    for (const describePart of Object.values(driverContract)) describePart(open);
  });
}
