import { afterAll, beforeAll, describe } from 'vitest';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch } from '../../support/ovs-switch.ts';
import { driverContract } from '../driver-contract.ts';
import { endSwitches, openOvsOverlay, watchPrograms } from './ovs.ts';

/** A part of the contract, over real switches. What it replaces of Node is as it was once the file is over. */
export function describeOnSwitches(part: keyof typeof driverContract): void {
  describeNeeding(needsOfSwitch, 'with real switches', () => {
    let unwatch: (() => void) | undefined;
    beforeAll(() => {
      unwatch = watchPrograms();
    });
    afterAll(() => {
      unwatch?.();
      endSwitches();
    });
    describe('the overlay ovs', () => {
      driverContract[part](openOvsOverlay);
    });
  });
}
