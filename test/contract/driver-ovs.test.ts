import { describeNeeding } from '../support/needs.ts';
import { needsOfSwitch } from '../support/ovs-switch.ts';
import { describeDriving } from './driver/driving.ts';
import { openOvsOverlay } from './driver/ovs.ts';
import { describeProbing } from './driver/probing.ts';

describeNeeding(needsOfSwitch, 'the overlay on real switches', () => {
  describeDriving(openOvsOverlay);
  describeProbing(openOvsOverlay);
});
