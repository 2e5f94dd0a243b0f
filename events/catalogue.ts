import type { z } from 'zod';
import * as estate from './estate.ts';
import { tenantOf } from './names.ts';
import * as overlay from './overlay.ts';

/**
 * One kind of event: its current version, what it means in one line, the shape of its data, and what it is about.
 * `upcasters[n]` turns data of version n into version n + 1; a version without one cannot be read.
 */
export interface EventKind<Data> {
  readonly version: number;
  readonly meaning: string;
  readonly schema: z.ZodType<Data>;
  readonly subject: (data: Data) => string;
  readonly tenant?: (data: Data) => string | undefined;
  readonly upcasters?: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown>>>;
}

function kind<Data>(row: EventKind<Data>): EventKind<Data> {
  return row;
}

const aboutTenant = {
  subject: (data: { tenant: string }): string => `tenant/${data.tenant}`,
  tenant: (data: { tenant: string }): string => data.tenant,
};
const aboutSegment = {
  subject: ({ segment }: { segment: string }): string => {
    const tenant = tenantOf(segment);
    return tenant === undefined ? `external/${segment}` : `tenant/${tenant}`;
  },
  tenant: ({ segment }: { segment: string }): string | undefined => tenantOf(segment),
};
const aboutExternal = { subject: (data: { external: string }): string => `external/${data.external}` };
const aboutHost = { subject: (data: { host: string }): string => `host/${data.host}` };
const aboutShard = { subject: (data: { shard: string }): string => `shard/${data.shard}` };
const aboutOverlay = { subject: (data: { shard: string }): string => `overlay/${data.shard}` };

/** Every event that this version records and reads. Names are facts in the past tense. */
export const catalogue = {
  ShardRegistered: kind({
    version: 1,
    meaning: 'A shard of the overlay exists, with its driver, tunnel type and VNI range.',
    schema: estate.shard,
    ...aboutShard,
  }),
  ShardChanged: kind({
    version: 1,
    meaning: "A shard's document was replaced.",
    schema: estate.shard,
    ...aboutShard,
  }),
  HostRegistered: kind({
    version: 1,
    meaning: 'A hypervisor belongs to a shard and has a tunnel address.',
    schema: estate.host,
    ...aboutHost,
  }),
  HostChanged: kind({
    version: 1,
    meaning: "A host's document was replaced.",
    schema: estate.host,
    ...aboutHost,
  }),
  ExternalRegistered: kind({
    version: 1,
    meaning: 'Something outside the overlay has a name, addresses and perhaps a gateway.',
    schema: estate.external,
    ...aboutExternal,
  }),
  ExternalChanged: kind({
    version: 1,
    meaning: "An external's document was replaced.",
    schema: estate.external,
    ...aboutExternal,
  }),
  TenantRegistered: kind({
    version: 1,
    meaning: 'A tenant exists, with its classification, segments and services.',
    schema: estate.tenant,
    ...aboutTenant,
  }),
  TenantChanged: kind({
    version: 1,
    meaning: "A tenant's document was replaced.",
    schema: estate.tenant,
    ...aboutTenant,
  }),
  TenantPlaced: kind({
    version: 1,
    meaning: 'A tenant stands on a shard for the first time.',
    schema: estate.tenantPlaced,
    ...aboutTenant,
  }),
  TenantMoved: kind({
    version: 1,
    meaning: 'A tenant left one shard for another.',
    schema: estate.tenantMoved,
    ...aboutTenant,
  }),
  VniReleased: kind({
    version: 1,
    meaning:
      'A segment or external no longer holds its VNI; no host may get it anew before all have let it go.',
    schema: estate.vniOf,
    ...aboutSegment,
  }),
  VniAllocated: kind({
    version: 1,
    meaning: 'A segment, or an external with a gateway, holds a VNI of a shard.',
    schema: estate.vniOf,
    ...aboutSegment,
  }),
  EndpointsChanged: kind({
    version: 1,
    meaning: 'Workloads of a tenant were attached, changed or removed.',
    schema: estate.endpointsChanged,
    ...aboutTenant,
  }),
  PolicyEnacted: kind({
    version: 1,
    meaning: "A tenant's policy is in force, replacing the one before it.",
    schema: estate.policyEnacted,
    subject: ({ policy }) => `tenant/${policy.tenant}`,
    tenant: ({ policy }) => policy.tenant,
  }),
  ChangePlanned: kind({
    version: 1,
    meaning: "A shard's hosts are to hold another set of overlay objects.",
    schema: overlay.changePlanned,
    ...aboutOverlay,
  }),
  ChangeApplied: kind({
    version: 1,
    meaning: 'A host acknowledged that it holds the planned set.',
    schema: overlay.changeApplied,
    ...aboutOverlay,
  }),
  ChangeFailed: kind({
    version: 1,
    meaning: 'A host did not take the planned set.',
    schema: overlay.changeFailed,
    ...aboutOverlay,
  }),
};

type Catalogue = typeof catalogue;
export type EventType = keyof Catalogue;
export type EventData<Type extends EventType> = Catalogue[Type] extends EventKind<infer Data> ? Data : never;
/** An event without its envelope, discriminated by `type`. */
export type DomainEvent = {
  [Type in EventType]: { readonly type: Type; readonly data: EventData<Type> };
}[EventType];
