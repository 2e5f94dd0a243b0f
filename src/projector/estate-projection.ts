import { defined } from '../../events/codec/defined.ts';
import { z } from 'zod';
import { boundPassed, endpoint, external, host, policy, shard, tenant } from '../../events/estate.ts';
import { instant } from '../../events/names.ts';
import { overlayObject } from '../../events/overlay-objects.ts';
import type { Entry } from '../../events/entry.ts';
import { emptyApplied, foldApplied, type Applied } from '../../projections/applied/applied.ts';
import { PlanChanges } from '../../projections/applied/plan-changes.ts';
import { PlannedSet } from '../../projections/applied/planned-set.ts';
import { emptyBounds, foldBounds, putAhead, type Bounds } from '../../projections/bounds/bounds.ts';
import { putEndpoints, putExternal, putTenant } from '../../projections/directory/directory.ts';
import {
  emptyIntended,
  foldIntended,
  putPolicy,
  putVni,
  type Intended,
} from '../../projections/intended/intended.ts';
import { ChangeLog } from '../../projections/fold/change-log.ts';
import type { Projection } from './projection.ts';

/**
 * The state that commands and applier decide on: the intended and the applied overlay, and the time bounds to come.
 */
export interface Estate {
  readonly intended: Intended;
  readonly applied: Applied;
  readonly bounds: Bounds;
}

const named = <Value extends z.ZodType>(value: Value): z.ZodArray<z.ZodTuple<[z.ZodString, Value], null>> =>
  z.array(z.tuple([z.string(), value]));

const savedIntended = z.strictObject({
  shards: z.array(shard),
  formerShards: z.array(shard),
  hosts: z.array(host),
  externals: z.array(external),
  tenants: z.array(tenant),
  placements: named(z.string()),
  endpoints: named(z.array(endpoint)),
  policies: z.array(policy),
  quarantine: z.strictObject({ tenants: z.array(z.string()), ends: z.array(z.string()) }),
  vnis: named(z.strictObject({ shard: z.string(), vni: z.int() })),
});

const savedShard = z.strictObject({
  plan: z.int(),
  digest: z.string().optional(),
  objects: z.array(overlayObject),
  buckets: z.array(z.tuple([z.int(), z.string(), z.int()])),
  changes: z.strictObject({
    from: z.int(),
    plans: z.array(z.tuple([z.int(), z.array(z.string())])),
  }),
  hosts: named(z.strictObject({ plan: z.int(), digest: z.string() })),
  digests: z.array(z.tuple([z.int(), z.string()])),
  leaving: z.array(z.tuple([z.int(), z.strictObject({ segment: z.string(), plan: z.int() })])),
  drifted: named(
    z.strictObject({
      found: z.enum(['nothing', 'unreadable', 'foreign', 'objects']),
      digest: z.string().optional(),
    }),
  ),
  failed: named(z.strictObject({ plan: z.int(), problem: z.string(), holds: z.int().optional() })),
  leavingHosts: z.array(z.string()),
  held: z.strictObject({ seq: z.int(), time: instant }).optional(),
  retired: z.boolean(),
});

const savedBounds = named(
  z.array(z.strictObject({ kind: z.enum(['opens', 'lapses']), passed: boundPassed })),
);

const savedEstate = z.strictObject({
  intended: savedIntended,
  applied: named(savedShard),
  bounds: savedBounds,
});

type SavedEstate = z.infer<typeof savedEstate>;

export const estateProjection: Projection<Estate> = {
  name: 'estate',
  version: 6,
  initial: () => ({ intended: emptyIntended(), applied: emptyApplied(), bounds: emptyBounds() }),
  fold: ({ intended, applied, bounds }, entry: Entry) => {
    foldIntended(intended, entry);
    foldApplied(applied, entry);
    foldBounds(bounds, entry);
  },
  save: ({ intended, applied, bounds }): SavedEstate => ({
    intended: saveIntended(intended),
    applied: saveApplied(applied),
    bounds: Array.from(bounds.ahead, ([tenant, ahead]) => [tenant, [...ahead]]),
  }),
  load: (saved) => {
    const parsed = savedEstate.safeParse(saved);
    if (!parsed.success) return undefined;
    const { intended, applied, bounds } = parsed.data;
    return {
      intended: loadIntended(intended),
      applied: loadApplied(applied),
      bounds: loadBounds(bounds),
    };
  },
};

function saveIntended({ directory, policies, quarantine, vnis }: Intended): SavedEstate['intended'] {
  return {
    shards: [...directory.shards.values()],
    formerShards: [...directory.formerShards.values()],
    hosts: [...directory.hosts.values()],
    externals: [...directory.externals.values()],
    tenants: [...directory.tenants.values()],
    placements: [...directory.placements],
    endpoints: Array.from(directory.endpoints, ([name, endpoints]) => [name, [...endpoints.values()]]),
    policies: [...policies.values()],
    quarantine: { tenants: [...quarantine.tenants], ends: [...quarantine.ends] },
    vnis: [...vnis],
  };
}

function loadIntended(saved: SavedEstate['intended']): Intended {
  const intended = emptyIntended();
  const { directory } = intended;
  for (const value of saved.shards) directory.shards.set(value.shard, value);
  for (const value of saved.formerShards) directory.formerShards.set(value.shard, value);
  for (const value of saved.hosts) directory.hosts.set(value.host, value);
  for (const value of saved.externals) putExternal(directory, value.external, value);
  for (const value of saved.tenants) putTenant(directory, value);
  for (const [name, value] of saved.placements) directory.placements.set(name, value);
  for (const [name, endpoints] of saved.endpoints) {
    putEndpoints(directory, name, new Map(endpoints.map((value) => [value.name, value])));
  }
  for (const value of saved.policies) putPolicy(intended, value.tenant, value);
  for (const value of saved.quarantine.tenants) intended.quarantine.tenants.add(value);
  for (const value of saved.quarantine.ends) intended.quarantine.ends.add(value);
  for (const [name, value] of saved.vnis) putVni(intended, name, value);
  return intended;
}

function loadBounds(saved: SavedEstate['bounds']): Bounds {
  const bounds = emptyBounds();
  for (const [tenant, ahead] of saved) putAhead(bounds, tenant, ahead);
  return bounds;
}

function saveApplied({ shards }: Applied): SavedEstate['applied'] {
  return Array.from(shards, ([name, shard]) => [
    name,
    {
      plan: shard.plan,
      ...defined({ digest: shard.digest }),
      ...shard.set.keep(),
      changes: shard.planChanges.keep(),
      hosts: [...shard.hosts],
      digests: [...shard.digests],
      leaving: [...shard.leaving],
      drifted: Array.from(shard.drifted, ([host, { found, digest }]) => [
        host,
        { found, ...defined({ digest }) },
      ]),
      failed: Array.from(shard.failed, ([host, { holds, ...failure }]) => [
        host,
        holds === undefined ? failure : { ...failure, holds },
      ]),
      leavingHosts: [...shard.leavingHosts],
      ...defined({ held: shard.held }),
      retired: shard.retired,
    },
  ]);
}

function loadApplied(saved: SavedEstate['applied']): Applied {
  const applied = emptyApplied();
  for (const [name, shard] of saved) {
    const set = PlannedSet.of(shard);
    applied.shards.set(name, {
      plan: shard.plan,
      digest: shard.digest,
      set,
      objects: set.objects,
      planChanges: new PlanChanges(shard.changes),
      changes: new ChangeLog(),
      hosts: new Map(shard.hosts),
      digests: new Map(shard.digests),
      leaving: new Map(shard.leaving),
      drifted: new Map(shard.drifted.map(([host, { found, digest }]) => [host, { found, digest }])),
      failed: new Map(shard.failed.map(([host, failure]) => [host, { holds: undefined, ...failure }])),
      leavingHosts: new Set(shard.leavingHosts),
      held: shard.held,
      retired: shard.retired,
    });
  }
  return applied;
}
