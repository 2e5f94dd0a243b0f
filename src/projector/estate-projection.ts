import { defined } from '../../events/codec/defined.ts';
import { dropsKey } from '../../events/observation.ts';
import { z } from 'zod';
import type { Endpoint, External, Host, Policy, Shard, Tenant } from '../../events/estate.ts';
import type { Entry } from '../../events/entry.ts';
import {
  emptyApplied,
  foldApplied,
  type Acknowledgement,
  type Applied,
  type AppliedShard,
  type Hold,
  type LeavingNetwork,
  type OpenDrift,
  type PlanFailure,
} from '../../projections/applied/applied.ts';
import { Bypasses, type KeptBypasses } from '../../projections/applied/bypasses.ts';
import type { ObservedDrops } from '../../projections/applied/host-drops.ts';
import { PlanChanges, type KeptChanges } from '../../projections/applied/plan-changes.ts';
import { PlannedSet, type KeptSet } from '../../projections/applied/planned-set.ts';
import {
  emptyBounds,
  foldBounds,
  putAhead,
  type AheadBound,
  type Bounds,
} from '../../projections/bounds/bounds.ts';
import {
  formerHostKey,
  putEndpoints,
  putExternal,
  putTenant,
} from '../../projections/directory/directory.ts';
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

/** Pairs of a name and what it stands for. */
type ByName<Value> = readonly (readonly [string, Value])[];

/** The estate as it is written down. Nothing checks its shape when it is read: an entry of the ledger vouches for the file. */
interface SavedEstate {
  readonly intended: SavedIntended;
  readonly applied: ByName<SavedShard>;
  readonly bounds: ByName<readonly AheadBound[]>;
}

interface SavedIntended {
  readonly shards: readonly Shard[];
  readonly formerShards: readonly Shard[];
  readonly hosts: readonly Host[];
  readonly formerHosts: readonly Host[];
  readonly goneHosts: readonly Host[];
  readonly externals: readonly External[];
  readonly tenants: readonly Tenant[];
  readonly placements: ByName<string>;
  readonly endpoints: ByName<readonly Endpoint[]>;
  readonly policies: readonly Policy[];
  readonly quarantine: { readonly tenants: readonly string[]; readonly ends: readonly string[] };
  readonly vnis: ByName<{ readonly shard: string; readonly vni: number }>;
}

interface SavedShard extends Pick<AppliedShard, 'plan' | 'retired'>, KeptSet {
  readonly digest?: string;
  readonly changes: KeptChanges;
  readonly hosts: ByName<Acknowledgement>;
  readonly digests: readonly (readonly [number, string])[];
  readonly leaving: readonly (readonly [number, LeavingNetwork])[];
  readonly drifted: ByName<Pick<OpenDrift, 'found'> & { readonly digest?: string }>;
  readonly failed: ByName<Pick<PlanFailure, 'plan' | 'problem'> & { readonly holds?: number }>;
  readonly bypasses: KeptBypasses;
  readonly drops: ByName<{ readonly readAt: string; readonly counters: readonly ObservedDrops[] }>;
  readonly leavingHosts: readonly string[];
  readonly goneHosts: readonly string[];
  readonly held?: Hold;
}

const savedEstate = z.custom<SavedEstate>();

export const estateProjection = {
  name: 'estate',
  version: 12,
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
    const { intended, applied, bounds } = savedEstate.parse(saved);
    return {
      intended: loadIntended(intended),
      applied: loadApplied(applied),
      bounds: loadBounds(bounds),
    };
  },
} satisfies Projection<Estate>;

function saveIntended({ directory, policies, quarantine, vnis }: Intended): SavedIntended {
  return {
    shards: [...directory.shards.values()],
    formerShards: [...directory.formerShards.values()],
    hosts: [...directory.hosts.values()],
    formerHosts: [...directory.formerHosts.values()],
    goneHosts: [...directory.goneHosts.values()],
    externals: [...directory.externals.values()],
    tenants: [...directory.tenants.values()],
    placements: [...directory.placements],
    endpoints: Array.from(directory.endpoints, ([name, endpoints]) => [name, [...endpoints.values()]]),
    policies: [...policies.values()],
    quarantine: { tenants: [...quarantine.tenants], ends: [...quarantine.ends] },
    vnis: [...vnis],
  };
}

function loadIntended(saved: SavedIntended): Intended {
  const intended = emptyIntended();
  const { directory } = intended;
  for (const value of saved.shards) directory.shards.set(value.shard, value);
  for (const value of saved.formerShards) directory.formerShards.set(value.shard, value);
  for (const value of saved.hosts) directory.hosts.set(value.host, value);
  for (const value of saved.formerHosts) directory.formerHosts.set(formerHostKey(value), value);
  for (const value of saved.goneHosts) directory.goneHosts.set(formerHostKey(value), value);
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
      bypasses: shard.bypasses.keep(),
      drops: Array.from(shard.drops, ([host, { readAt, counters }]) => [
        host,
        { readAt, counters: [...counters.values()] },
      ]),
      leavingHosts: [...shard.leavingHosts],
      goneHosts: [...shard.goneHosts],
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
      get objects() {
        return set.objects;
      },
      planChanges: new PlanChanges(shard.changes),
      changes: new ChangeLog(),
      hosts: new Map(shard.hosts),
      digests: new Map(shard.digests),
      leaving: new Map(shard.leaving),
      drifted: new Map(shard.drifted.map(([host, { found, digest }]) => [host, { found, digest }])),
      failed: new Map(shard.failed.map(([host, failure]) => [host, { holds: undefined, ...failure }])),
      bypasses: new Bypasses(shard.bypasses),
      drops: new Map(
        shard.drops.map(([host, { readAt, counters }]) => [
          host,
          { readAt, counters: new Map(counters.map((counter) => [dropsKey(counter), counter])) },
        ]),
      ),
      leavingHosts: new Set(shard.leavingHosts),
      goneHosts: new Set(shard.goneHosts),
      held: shard.held,
      retired: shard.retired,
    });
  }
  return applied;
}
