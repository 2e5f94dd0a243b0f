import { describe, expect, it } from 'vitest';
import { catalogue, type DomainEvent } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/codec/decode.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { samples } from '../events/samples.ts';
import { bound, host, policy, shard } from '../isolation/documents.ts';
import { after, History } from '../isolation/history.ts';
import { documents, objects } from '../isolation/small-estate.ts';

const found = { shard: 'east', plan: 1, expected: '0'.repeat(64), put: [], removed: [] };

/** Every kind of event, on an estate on which each of them changes something. */
const history: readonly Entry[] = new History()
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
    { type: 'DriftCorrected', data: { shard: 'east', host: 'hv-1', plan: 2, digest: '2'.repeat(64) } },
    { type: 'TenantQuarantined', data: { tenant: 'a' } },
    { type: 'TenantQuarantined', data: { tenant: 'c' } },
    { type: 'TenantReleased', data: { tenant: 'c' } },
    { type: 'ShardHeld', data: { shard: 'east', seq: 3, time: after(1) } },
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

function folded(entries: readonly Entry[], into: Estate = estateProjection.initial()): Estate {
  for (const entry of entries) estateProjection.fold(into, entry);
  return into;
}

/** What was written down of a state, as it comes back from a file. */
function kept(state: Estate): unknown {
  return JSON.parse(JSON.stringify(estateProjection.save(state)));
}

function loaded(saved: unknown): Estate {
  const state = estateProjection.load(saved);
  if (state === undefined) throw new Error('what was saved is not read back');
  return state;
}

/** All that can be told about a state from outside, its indexes and what is translated from it included. */
function told({ intended, applied, bounds }: Estate): unknown {
  const { changes, naming, vniHolders, shardHolders, directory, ...rest } = intended;
  expect(changes.end).toBeGreaterThanOrEqual(0);
  return {
    ...{ applied, bounds, directory, intended: rest },
    naming: ['a', 'b', 'c', 'x', 'globex/app', '*'].map((name) => [...naming.of(name)].sort()),
    holders: [1, 2, 4, 5000].map((vni) => [...vniHolders.of(vni)]),
    seats: ['hv-1 vm-a1', 'hv-1 ext-x', 'hv-1 vm-web-1'].map((port) => [...directory.ports.of(port)]),
    having: ['10.1.0.1', '10.3.0.1', '10.1.0.11'].map((address) => [...directory.addresses.of(address)]),
    perShard: ['east', 'west', 'shard-1'].map((name) => [...shardHolders.of(name)].sort()),
    desired: ['east', 'west', 'shard-1'].map((name) =>
      digestOfObjects(desiredObjects(intended, { shard: name, at: after(70) })),
    ),
  };
}

describe('the estate that is kept', () => {
  it('comes from a history that has every kind of event in it', () => {
    const types = new Set<DomainEvent['type']>(history.map(({ type }) => type));
    expect([...types].sort()).toEqual(Object.keys(catalogue).sort());
  });

  it('is the one that was folded, wherever the keeping fell', () => {
    for (let length = 0; length <= history.length; length += 1) {
      const state = folded(history.slice(0, length));
      expect(told(loaded(kept(state)))).toEqual(told(state));
    }
  });

  it('leads on to where the fold leads that was never interrupted', () => {
    const uninterrupted = told(folded(history));
    for (let length = 0; length < history.length; length += 1) {
      const resumed = loaded(kept(folded(history.slice(0, length))));
      expect(told(folded(history.slice(length), resumed))).toEqual(uninterrupted);
    }
  });

  it('is nothing where what was kept is none', () => {
    const whole = kept(folded(history));
    expect(estateProjection.load(whole)).toBeDefined();
    for (const spoilt of [
      undefined,
      [],
      {},
      { ...Object(whole), bounds: 7 },
      { ...Object(whole), more: 1 },
    ]) {
      expect(estateProjection.load(spoilt)).toBeUndefined();
    }
  });
});
