import { z } from 'zod';
import { aboutObserved, aboutOverlay } from './about.ts';
import type { EventKind } from './event-kind.ts';
import { digest, hostName, instant, name } from './names.ts';

/**
 * A person changes a host of the shard by hand, beside the ledger, and says so before, and when that is over. `bypass` counts
 * from 1 in each shard: what is said of one tells nothing of the next.
 */
const bypassAtHost = z.strictObject({ shard: name, host: hostName, bypass: z.int().min(1) });

/**
 * The host of a bypass holds the set of `plan`: all of it was seen, or the whole set given to it, at `seenWhole`, by somebody who
 * knew by then that this bypass had been closed. `digest` was read back from it.
 */
const bypassSettled = bypassAtHost.extend({ plan: z.int().min(1), digest, seenWhole: instant });

export type BypassAtHost = z.infer<typeof bypassAtHost>;

export const openedRow: EventKind<BypassAtHost> = {
  version: 1,
  meaning: 'A person changes a host by hand, beside the ledger: its applier puts nothing right there.',
  schema: bypassAtHost,
  ...aboutOverlay,
};

export const closedRow: EventKind<BypassAtHost> = {
  version: 1,
  meaning: 'A person is done with changing a host by hand: its applier puts right what it finds there.',
  schema: bypassAtHost,
  ...aboutOverlay,
};

export const settledRow: EventKind<z.infer<typeof bypassSettled>> = {
  version: 1,
  meaning: 'A host was seen whole after its bypass was closed, and holds what was planned.',
  schema: bypassSettled,
  ...aboutObserved,
};
