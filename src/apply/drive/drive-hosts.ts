import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { driveHost, type Driving, type Outcome } from './drive-host.ts';
import type { Reading, Readings } from './read-hosts.ts';

export interface Progress {
  readonly shard: string;
  readonly done: number;
  readonly of: number;
}

/** The outcomes of hosts that were driven, and the present readings of all hosts that were read. */
export interface HostsDriven {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly readings: Readings;
}

/**
 * Drives hosts, one after the other, to the last plan of their shard. Before the first plan no host is driven. A host
 * that refuses the plan, or is away, keeps no other host from being driven.
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
  const { applied, onProgress } = on;
  const hosts = applied.plan === 0 ? [] : on.hosts;
  const { plan, digest = '', digests: history } = applied;
  const objects = [...applied.objects.values()];
  const target = { plan, objects, history };
  const told: Reading = { kind: 'objects', state: { plan, objects, digest, marked: digest } };
  const outcomes = new Map<string, Outcome>();
  const readings = new Map(on.readings);
  for (const host of hosts) {
    onProgress?.({ shard: driving.shard, done: outcomes.size, of: hosts.length });
    const reading = readings.get(host) ?? { kind: 'nothing' };
    const outcome = await driveHost(driving, { host, reading, target, applied });
    outcomes.set(host, outcome);
    if (outcome.kind === 'driven') readings.set(host, told);
  }
  if (hosts.length > 0) onProgress?.({ shard: driving.shard, done: hosts.length, of: hosts.length });
  return { outcomes, readings };
}
