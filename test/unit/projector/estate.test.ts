import { describe, expect, it } from 'vitest';
import { catalogue, type DomainEvent } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { changeSince } from '../../../projections/applied/applied.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { after } from '../isolation/history.ts';
import { history } from './every-kind.ts';

function folded(entries: readonly Entry[], into: Estate = estateProjection.initial()): Estate {
  for (const entry of entries) estateProjection.fold(into, entry);
  return into;
}

/** What was written down of a state, as it comes back from a file. */
function kept(state: Estate): unknown {
  return JSON.parse(JSON.stringify(estateProjection.save(state)));
}

function loaded(saved: unknown): Estate {
  return estateProjection.load(saved);
}

/** All that can be told about a state from outside, its indexes and what is translated from it included. */
function told({ intended, applied, bounds }: Estate): unknown {
  const { changes, naming, vniHolders, shardHolders, directory, ...rest } = intended;
  expect(changes.end).toBeGreaterThanOrEqual(0);
  return {
    ...{ applied, bounds, directory, intended: rest },
    planned: [...applied.shards.values()].map((planned) => ({
      digest: planned.set.digest().value(),
      networks: ['acme', 'globex', 'a', 'b', 'x', 'internet'].map((name) => [
        ...planned.set.networksOf(name),
      ]),
      vnis: [...planned.set.networks()].map(({ vni }) => vni).sort(),
      since: [0, 1, 2, 3, 4].map((plan) => changeSince(planned, plan)),
    })),
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
});
