import type { Installation } from '../../src/policy/installation.ts';

/** The embedded driver and no other. */
export const embeddedOnly: Installation = { drivers: ['embedded'] };
