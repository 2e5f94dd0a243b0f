import { appliedShard, type AppliedShard } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import { quarantinables } from '../../../projections/intended/quarantine.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Metric, Sample } from './exposition.ts';

const hostCountStates = ['current', 'behind', 'failed', 'leaving'] as const;
type HostCountState = (typeof hostCountStates)[number];

/** What the ledger says of the estate. */
export function estateMetrics({ intended, applied, bounds }: Estate): Metric[] {
  const { directory, quarantine } = intended;
  const shards = [...new Set([...directory.shards.keys(), ...applied.shards.keys()])].map((shard) => {
    const state = appliedShard(applied, shard);
    return { shard, state, hosts: hostsOfShard(directory, shard) };
  });
  const cut = quarantinables(quarantine);
  const ofShards = (value: (state: AppliedShard) => number): Sample[] =>
    shards.map(({ shard, state }) => ({ labels: { shard }, value: value(state) }));
  return [
    {
      type: 'gauge',
      name: 'isoledger_hosts',
      help: 'Hosts by what they acknowledged: the last plan, an earlier one, a later one that they did not take, or that they are retired and not empty yet.',
      samples: shards.flatMap(({ shard, state, hosts }) => {
        const counts = countsOf(state, hosts);
        return hostCountStates.map((each) => ({ labels: { shard, state: each }, value: counts[each] }));
      }),
    },
    {
      type: 'gauge',
      name: 'isoledger_drifted_hosts',
      help: 'Hosts that were last found to hold something else than they acknowledged.',
      samples: ofShards(({ drifted }) => drifted.size),
    },
    {
      type: 'gauge',
      name: 'isoledger_shard_plan',
      help: 'The number of the last plan of a shard.',
      samples: ofShards(({ plan }) => plan),
    },
    {
      type: 'gauge',
      name: 'isoledger_shard_held',
      help: 'One where a shard is held at a past state.',
      samples: ofShards(({ held }) => (held === undefined ? 0 : 1)),
    },
    {
      type: 'gauge',
      name: 'isoledger_quarantined',
      help: 'Tenants, segments and externals in quarantine.',
      samples: (['tenant', 'segment', 'external'] as const).map((kind) => ({
        labels: { kind },
        value: cut.filter((each) => each.kind === kind).length,
      })),
    },
    gauge('isoledger_tenants', 'Tenants that there are.', directory.tenants.size),
    gauge(
      'isoledger_pending_bounds',
      'Instants to come at which rules open or lapse, and those that passed and are not recorded yet.',
      bounds.instants.length,
    ),
  ];
}

function gauge(name: string, help: string, value: number): Metric {
  return { type: 'gauge', name, help, samples: [{ value }] };
}

function countsOf(
  { plan, hosts, failed, leavingHosts }: AppliedShard,
  named: readonly string[],
): Record<HostCountState, number> {
  const counts = { current: 0, behind: 0, failed: 0, leaving: leavingHosts.size };
  for (const host of named) {
    if (failed.has(host)) counts.failed += 1;
    else if ((hosts.get(host)?.plan ?? 0) === plan) counts.current += 1;
    else counts.behind += 1;
  }
  return counts;
}
