import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { endWords } from '../../apply/drive/drive-beside.ts';
import { warn, type Check } from './check.ts';

/** Hosts that persons change by hand: what is found there stays, and a host may be without its plan. */
export function checkBypasses({ bypasses }: AppliedShard, shard: string): Check[] {
  return Array.from(bypasses.open.keys(), (host) =>
    warn(
      `host ${host}`,
      'a bypass is open there: what is found there by hand is recorded, and left as it is',
      endWords({ shard, host }),
    ),
  );
}
