import { z } from 'zod';

/** Tenants, services, externals, segments and shards: one DNS label in lower case. */
export const namePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Hosts and endpoints may be full DNS names: labels joined by dots, 253 characters at most. */
export const hostNamePattern =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
export const interfacePattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$/;
/** Bytes in which the path of a Unix socket ends. */
export const unixPathMax = 107;
/** How a switch is reached: `unix:PATH`, with an absolute path, or `ssl:ADDRESS:PORT`, with an IPv6 address in brackets. */
const switchAddressPattern =
  /^(unix:\/[!-~]{0,106}|ssl:(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]{2,39}\]):[1-9]\d{0,4})$/;
export const switchAddress = z.string().regex(switchAddressPattern);
export const macPattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const segmentEndPattern = /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/;
const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const name = z.string().regex(namePattern);
export const hostName = z.string().regex(hostNamePattern);
/** A segment, spelt `tenant/segment`. */
const segmentEnd = z.string().regex(segmentEndPattern);
/** Either end of a flow: a segment, or an external by its bare name (which has no slash). */
export const end = z.union([segmentEnd, name]);
/** UTC with milliseconds: equal instants have equal texts, and texts sort as instants do. */
export const instant = z.string().regex(instantPattern);
export const digest = z.string().regex(/^[0-9a-f]{64}$/);
export const vni = z.int().min(1).max(16_777_215);

/** From least to most secret: the order in which classifications are compared. */
export const classifications = ['public', 'internal', 'confidential', 'restricted'] as const;
export const classification = z.enum(classifications);
export type Classification = z.infer<typeof classification>;

/** `any` is every IP protocol, those without a name here included. */
export const protocols = ['tcp', 'udp', 'sctp', 'icmp', 'any'] as const;
export const protocol = z.enum(protocols);
export type Protocol = z.infer<typeof protocol>;

/** Destination ports: `[first, last]` inclusive, sorted, neither overlapping nor adjacent. Absent means all, 0 included. */
const port = z.int().min(1).max(65_535);
const portRange = z
  .tuple([port, port])
  .refine(([first, last]) => first <= last, 'a range of ports ends before it begins');
export const ports = z.array(portRange).min(1);
export type Ports = z.infer<typeof ports>;

/** Ports as text: `443,8000-8100`. */
export function portsText(ranges: readonly (readonly [first: number, last: number])[]): string {
  return ranges
    .map(([first, last]) => (first === last ? String(first) : `${String(first)}-${String(last)}`))
    .join(',');
}

/** The full name of a tenant's segment: `acme-corp/web`. */
export function segmentOf(tenant: string, segment: string): string {
  return `${tenant}/${segment}`;
}

/** The tenant of `tenant/segment`; undefined for an external. */
export function tenantOf(flowEnd: string): string | undefined {
  const slash = flowEnd.indexOf('/');
  return slash < 0 ? undefined : flowEnd.slice(0, slash);
}

/** The tenant of a segment or endpoint (`tenant/name`); a tenant or external is its own holder. */
export function holderOf(name: string): string {
  return tenantOf(name) ?? name;
}
