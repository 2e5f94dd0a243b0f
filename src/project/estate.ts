import { z } from 'zod';
import { endpoint, external, host, policy, shard, tenant } from '../../events/estate.ts';
import { keyOf, overlayObject } from '../../events/overlay-objects.ts';
import { emptyApplied, foldApplied, type Applied } from '../../projections/applied/applied.ts';
import { putTenant } from '../../projections/directory/directory.ts';
import { emptyIntended, foldIntended, type Intended } from '../../projections/intended/intended.ts';
import type { Projection } from './projection.ts';

/** What commands and applier decide on: the intended and the applied overlay, folded together. */
export interface Estate {
  readonly intended: Intended;
  readonly applied: Applied;
}

const named = <Value extends z.ZodType>(value: Value): z.ZodArray<z.ZodTuple<[z.ZodString, Value], null>> =>
  z.array(z.tuple([z.string(), value]));

const savedIntended = z.strictObject({
  shards: z.array(shard),
  hosts: z.array(host),
  externals: z.array(external),
  tenants: z.array(tenant),
  placements: named(z.string()),
  endpoints: named(z.array(endpoint)),
  policies: z.array(policy),
  vnis: named(z.strictObject({ shard: z.string(), vni: z.int() })),
});

const savedShard = z.strictObject({
  plan: z.int(),
  digest: z.string().optional(),
  objects: z.array(overlayObject),
  hosts: named(z.strictObject({ plan: z.int(), digest: z.string() })),
  leaving: z.array(z.tuple([z.int(), z.int()])),
});

const savedEstate = z.strictObject({ intended: savedIntended, applied: named(savedShard) });

type SavedEstate = z.infer<typeof savedEstate>;

export const estateProjection: Projection<Estate> = {
  name: 'estate',
  version: 1,
  initial: () => ({ intended: emptyIntended(), applied: emptyApplied() }),
  fold: ({ intended, applied }, event) => {
    foldIntended(intended, event);
    foldApplied(applied, event);
  },
  save: ({ intended, applied }): SavedEstate => ({
    intended: saveIntended(intended),
    applied: saveApplied(applied),
  }),
  load: (saved) => {
    const parsed = savedEstate.safeParse(saved);
    if (!parsed.success) return undefined;
    return { intended: loadIntended(parsed.data.intended), applied: loadApplied(parsed.data.applied) };
  },
};

function saveIntended({ directory, policies, vnis }: Intended): SavedEstate['intended'] {
  return {
    shards: [...directory.shards.values()],
    hosts: [...directory.hosts.values()],
    externals: [...directory.externals.values()],
    tenants: [...directory.tenants.values()],
    placements: [...directory.placements],
    endpoints: Array.from(directory.endpoints, ([name, endpoints]) => [name, [...endpoints.values()]]),
    policies: [...policies.values()],
    vnis: [...vnis],
  };
}

function loadIntended(saved: SavedEstate['intended']): Intended {
  const intended = emptyIntended();
  const { directory } = intended;
  for (const value of saved.shards) directory.shards.set(value.shard, value);
  for (const value of saved.hosts) directory.hosts.set(value.host, value);
  for (const value of saved.externals) directory.externals.set(value.external, value);
  for (const value of saved.tenants) putTenant(directory, value);
  for (const [name, value] of saved.placements) directory.placements.set(name, value);
  for (const [name, endpoints] of saved.endpoints) {
    directory.endpoints.set(name, new Map(endpoints.map((value) => [value.name, value])));
  }
  for (const value of saved.policies) intended.policies.set(value.tenant, value);
  for (const [name, value] of saved.vnis) intended.vnis.set(name, value);
  return intended;
}

function saveApplied({ shards }: Applied): SavedEstate['applied'] {
  return Array.from(shards, ([name, { plan, digest, objects, hosts, leaving }]) => [
    name,
    {
      plan,
      ...(digest === undefined ? {} : { digest }),
      objects: [...objects.values()],
      hosts: [...hosts],
      leaving: [...leaving],
    },
  ]);
}

function loadApplied(saved: SavedEstate['applied']): Applied {
  const applied = emptyApplied();
  for (const [name, { plan, digest, objects, hosts, leaving }] of saved) {
    applied.shards.set(name, {
      plan,
      digest,
      objects: new Map(objects.map((object) => [keyOf(object), object])),
      hosts: new Map(hosts),
      leaving: new Map(leaving),
    });
  }
  return applied;
}
