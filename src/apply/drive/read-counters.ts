import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { DropCount, OverlayDriver } from '../../overlay/port.ts';
import { Fault } from '../../runtime/errors.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import { expectedOf } from './expected-set.ts';
import { hostsAtOnce } from './read-hosts.ts';

/** The counters of dropped packets of a host, or why they cannot be read, in words. */
export type HostCounters =
  | { readonly kind: 'counts'; readonly counts: readonly DropCount[] }
  | { readonly kind: 'unread'; readonly problem: string };

/** Reads the counters of dropped packets of hosts, side by side. Of hosts that do not count there are none. */
export async function readCounters(
  driver: Pick<OverlayDriver, 'drops'>,
  hosts: readonly string[],
  applied: AppliedShard,
): Promise<ReadonlyMap<string, HostCounters>> {
  const drops = driver.drops?.bind(driver);
  if (drops === undefined) return new Map();
  const expected = expectedOf(applied);
  const work = async (host: string): Promise<[string, HostCounters]> => {
    try {
      return [host, { kind: 'counts', counts: await drops(host, expected) }];
    } catch (fault) {
      // Whatever keeps a host from telling its counters keeps nobody from anything else.
      if (fault instanceof Fault) return [host, { kind: 'unread', problem: fault.message }];
      throw fault;
    }
  };
  return new Map(await sideBySide(hosts, { atOnce: hostsAtOnce, work }));
}
