import type { Installation } from '../../src/policy/installation.ts';

/** The drivers for which documents are judged, whether or not they are there. */
export const embeddedAndSwitches: Installation = { drivers: ['embedded', 'ovs'] };

/** The embedded driver and no other. */
export const embeddedOnly: Installation = { drivers: ['embedded'] };
