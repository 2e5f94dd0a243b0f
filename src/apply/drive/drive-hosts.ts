import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import { driveHost, type Driving, type Outcome } from './drive-host.ts';
import { targetOf } from './host-change.ts';
import { hostsAtOnce, type Reading, type Readings } from './read-hosts.ts';

export interface Progress {
  readonly shard: string;
  readonly done: number;
  readonly of: number;
}

/** The outcomes of hosts that were driven, and what is known of all hosts now. */
export interface HostsDriven {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly readings: Readings;
}

/**
 * Drives hosts, side by side, to the last plan of their shard. Before the first plan no host is driven, and one that does not answer
 * is away all the same: nobody saw what it holds. A host that
 * refuses the plan, is away or slow, keeps no other host from being driven.
 */
export async function driveHosts(
  driving: Driving,
  on: {
    hosts: readonly string[];
    applied: AppliedShard;
    readings: Readings;
    onProgress: ((progress: Progress) => void) | undefined;
  },
): Promise<HostsDriven> {
  const { applied, readings, onProgress } = on;
  const hosts = applied.plan === 0 ? [] : on.hosts;
  let done = 0;
  const report = (): void => onProgress?.({ shard: driving.shard, done, of: hosts.length });
  const work = async (host: string): Promise<[string, Outcome]> => {
    const reading = readings.get(host) ?? { kind: 'nothing' };
    const outcome = await driveHost(driving, { host, reading, applied });
    done += 1;
    report();
    return [host, outcome];
  };
  if (hosts.length > 0) report();
  const outcomes = new Map(await sideBySide(hosts, { atOnce: hostsAtOnce, work }));
  if (applied.plan === 0)
    for (const host of on.hosts) {
      const reading = readings.get(host);
      if (reading?.kind === 'away') outcomes.set(host, reading);
    }
  return { outcomes, readings: new Map([...readings, ...known(outcomes, applied)]) };
}

/** What the outcomes say of hosts. One that did not take its plan may hold it all the same: it is not tried again unread. */
function known(outcomes: ReadonlyMap<string, Outcome>, applied: AppliedShard): [string, Reading][] {
  return [...outcomes].flatMap(([host, outcome]): [string, Reading][] => {
    switch (outcome.kind) {
      case 'held':
      case 'driven':
        return [[host, { kind: 'marked', ...targetOf(applied) }]];
      case 'away':
        return [[host, outcome]];
      case 'refused':
        return [];
    }
  });
}
