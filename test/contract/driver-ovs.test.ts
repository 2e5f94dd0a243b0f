import { describeNeeding } from '../support/needs.ts';
import { needsOfSwitch } from '../support/ovs-switch.ts';
import { describeDriverContract } from './driver-contract.ts';
import { openOvsOverlay } from './driver/ovs.ts';

describeNeeding(needsOfSwitch, 'with real switches', () => {
  describeDriverContract('ovs', openOvsOverlay);
});
