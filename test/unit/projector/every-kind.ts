import type { Entry } from '../../../events/entry.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { samples } from '../events/samples.ts';
import { bound, host, policy, shard } from '../isolation/documents.ts';
import { after, History } from '../isolation/history.ts';
import { documents, objects } from '../isolation/small-estate.ts';

const found = { shard: 'east', plan: 1, expected: '0'.repeat(64), put: [], removed: [] };

/** Every kind of event, on an estate on which each of them changes something. */
export const history: readonly Entry[] = new History()
  .record(...documents, host('hv-3', '172.31.0.3'), shard('west'), host('hv-4', '172.31.0.4', 'west'))
  .record(
    { type: 'TenantPlaced', data: { tenant: 'a', shard: 'east' } },
    { type: 'TenantPlaced', data: { tenant: 'b', shard: 'west' } },
    { type: 'VniAllocated', data: { shard: 'east', vni: 1, segment: 'a/s' } },
    { type: 'VniAllocated', data: { shard: 'west', vni: 2, segment: 'b/s' } },
    { type: 'VniAllocated', data: { shard: 'east', vni: 4, segment: 'x' } },
  )
  .plan(objects)
  .acknowledge(['hv-1', 'hv-2', 'hv-3'])
  .plan([], 'west')
  .record(policy('c', { ingress: [{ source: 'a', from: bound(after(60)), expires: bound(after(90)) }] }))
  .record(
    { type: 'DriftDetected', data: { ...found, host: 'hv-1', found: 'nothing' } },
    { type: 'DriftDetected', data: { ...found, host: 'hv-2', found: 'objects', digest: '1'.repeat(64) } },
    { type: 'DriftDetected', data: { ...found, host: 'hv-3', found: 'unreadable', problem: 'cut' } },
  )
  .plan(objects.slice(3))
  .acknowledge(['hv-1'])
  .record(
    {
      type: 'DriftCorrected',
      data: { shard: 'east', host: 'hv-1', plan: 2, digest: '2'.repeat(64), seenWhole: null },
    },
    { type: 'TenantQuarantined', data: { tenant: 'a' } },
    { type: 'TenantQuarantined', data: { tenant: 'c' } },
    { type: 'TenantReleased', data: { tenant: 'c' } },
    { type: 'ShardHeld', data: { shard: 'east', seq: 3, time: after(1) } },
    ...['hv-1', 'hv-2', 'hv-3'].map(
      (name, at) => ({ type: 'BypassOpened', data: { shard: 'east', host: name, bypass: at + 1 } }) as const,
    ),
    ...['hv-1', 'hv-3'].map(
      (name, at) =>
        ({ type: 'BypassClosed', data: { shard: 'east', host: name, bypass: 2 * at + 1 } }) as const,
    ),
    {
      type: 'BypassSettled',
      data: {
        ...{ shard: 'east', host: 'hv-3', bypass: 3 },
        ...{ plan: 2, digest: '2'.repeat(64), seenWhole: after(1) },
      },
    },
    { type: 'HostRetired', data: { host: 'hv-2', shard: 'east' } },
    { type: 'HostRetired', data: { host: 'hv-4', shard: 'west' } },
    { type: 'ShardRetired', data: { shard: 'west' } },
    { type: 'TenantMoved', data: { tenant: 'b', from: 'west', to: 'east' } },
    { type: 'VniReleased', data: { shard: 'west', vni: 2, segment: 'b/s' } },
    { type: 'TenantRetired', data: { tenant: 'c' } },
    { type: 'ExternalRetired', data: { external: 'x' } },
  )
  .record(
    {
      type: 'HostCleared',
      data: {
        ...{ shard: 'west', host: 'hv-4', digest: digestOfObjects([]) },
        evidence: { driver: 'embedded', objects: 0 },
      },
    },
    { type: 'ShardResumed', data: { shard: 'east' } },
  )
  .record(...Object.values(samples))
  .batches.flatMap(({ entries }) => entries);
