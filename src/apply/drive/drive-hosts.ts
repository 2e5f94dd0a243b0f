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
 * Drives hosts, side by side, to the last plan of their shard. A host that refuses the plan, is away or slow, keeps no other host from
 * being driven.
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
  const { hosts, applied, readings } = on;
  const report = progressOf(driving, on);
  const work = async (host: string): Promise<[string, Outcome | undefined]> => {
    const reading = readings.get(host) ?? { kind: 'nothing' };
    const outcome = await drivePlanned(driving, {
      ...{ host, reading, applied },
      isDrifted: applied.drifted.has(host),
    });
    report();
    return [host, outcome];
  };
  const came = await sideBySide(hosts, { atOnce: hostsAtOnce, work });
  const outcomes = new Map(
    came.flatMap(([host, outcome]) => (outcome === undefined ? [] : [[host, outcome]])),
  );
  return { outcomes, readings: new Map([...readings, ...known(outcomes, applied)]) };
}

/**
 * Drives a host to the last plan of its shard. Before the first plan no host is driven, and one that does not answer is away all the
 * same: nobody saw what it holds.
 */
export async function drivePlanned(
  driving: Driving,
  at: Parameters<typeof driveHost>[1],
): Promise<Outcome | undefined> {
  if (at.applied.plan > 0) return driveHost(driving, at);
  return at.reading.kind === 'away' ? at.reading : undefined;
}

/** Tells how many hosts are driven: none yet, and one more each time that it is called. Before the first plan there is nothing to tell. */
export function progressOf(
  { shard }: Pick<Driving, 'shard'>,
  {
    hosts,
    applied,
    onProgress,
  }: {
    hosts: readonly string[];
    applied: AppliedShard;
    onProgress: ((progress: Progress) => void) | undefined;
  },
): () => void {
  let done = -1;
  const report = (): void => {
    done += 1;
    if (applied.plan > 0 && hosts.length > 0) onProgress?.({ shard, done, of: hosts.length });
  };
  report();
  return report;
}

/** What the outcomes say of hosts. One that did not take its plan may hold it all the same: it is not tried again unread. */
export function known(outcomes: ReadonlyMap<string, Outcome>, applied: AppliedShard): [string, Reading][] {
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
