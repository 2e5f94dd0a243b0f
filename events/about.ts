import type { BoundPassed } from './estate.ts';
import { tenantOf } from './names.ts';

// The subjects and tenants of events, by what they are about: parts of rows of the catalogue.

export const aboutTenant = {
  subject: (data: { tenant: string }): string => `tenant/${data.tenant}`,
  tenant: (data: { tenant: string }): string => data.tenant,
};
export const aboutSegment = {
  subject: ({ segment }: { segment: string }): string => {
    const tenant = tenantOf(segment);
    return tenant === undefined ? `external/${segment}` : `tenant/${tenant}`;
  },
  tenant: ({ segment }: { segment: string }): string | undefined => tenantOf(segment),
};
export const aboutExternal = { subject: (data: { external: string }): string => `external/${data.external}` };
export const aboutHost = { subject: (data: { host: string }): string => `host/${data.host}` };
export const aboutShard = { subject: (data: { shard: string }): string => `shard/${data.shard}` };
export const aboutBound = {
  ...aboutTenant,
  effectiveAt: ({ bound }: BoundPassed): string => bound.instant,
};
export const aboutOverlay = { subject: (data: { shard: string }): string => `overlay/${data.shard}` };
export const aboutObserved = { subject: (data: { shard: string }): string => `observed/${data.shard}` };
