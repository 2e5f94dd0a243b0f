import { z } from 'zod';
import { address, cidr } from './address.ts';
import { digestOf, digestOfText } from './codec/canonical.ts';
import { bitsPerSecond } from './estate.ts';
import {
  end,
  hostName,
  interfacePattern,
  macPattern,
  name,
  ports,
  protocol,
  tenantOf,
  vni,
} from './names.ts';

/**
 * The vendor-neutral objects of an overlay: what plans carry, hosts hold and observations report.
 *
 * The meaning of a set of objects for a packet, at the host that holds the set:
 * - A port belongs to the network of its `binding`; the port alone says who sends, never a source address. A packet
 *   whose source address is not the binding's own is dropped: an endpoint's own are its `ips`, an external's those that
 *   one of its `ips` (CIDRs) holds while no longer prefix among its `except` (which belong to others) does.
 * - The destination is looked up among the bindings of the own network and of the networks to which a `route` leads:
 *   the endpoint whose own address it is; else the external; else nobody, and the packet is dropped.
 * - Within one network everything passes. Between networks an egress acl at the source's host and an ingress acl at
 *   the destination's host must both allow the new connection, else it is dropped; replies follow the connection.
 *   Before any of them, a quarantine acl of that side drops what it names (deniesPair), new or established.
 * - A packet of an external's network (one with an external's binding) is dropped unless the destination's host finds that network
 *   at the packet's source address, looked up from the destination's network: an external may not speak for anybody else whom
 *   that one knows. That holds for every packet, those of established connections included.
 * - Between hosts a packet travels under the source's VNI to the other host's tunnel address; the receiver accepts it
 *   only from a `host` it knows that carries a binding of that VNI, and looks the destination up again by itself.
 */

/** A broadcast-free domain of one segment, or of one external with a gateway. */
const network = z.strictObject({ kind: z.literal('network'), vni, segment: end });

/** A port of a host. `endpoint` is `tenant/endpoint`, or the external's name; an external's `ips` are CIDRs. */
const binding = z.strictObject({
  kind: z.literal('binding'),
  endpoint: z.string(),
  vni,
  host: hostName,
  interface: z.string().regex(interfacePattern),
  mac: z.string().regex(macPattern).optional(),
  ips: z.array(z.union([address, cidr])),
  except: z.array(cidr).optional(),
});

/** Lets the network `from` find the addresses of the network `to`. Always planned both ways, for replies. */
const route = z.strictObject({ kind: z.literal('route'), from: vni, to: vni });

const aclShape = {
  kind: z.literal('acl'),
  id: z.string().regex(/^[0-9a-f]{24}$/),
  side: z.enum(['egress', 'ingress']),
};

/** Lets connections be opened. It names segments, never addresses; `ports` are the destination's, absent means all. */
const grantAcl = z.strictObject({
  ...aclShape,
  from: end,
  to: end,
  protocol,
  ports: ports.optional(),
  action: z.literal('allow'),
  tier: z.literal('grant'),
});

/**
 * Cuts a segment or an external off, above every grant: `*` at the other end is everyone but the own tenant; with
 * `wholly` it is every other end, the own tenant's other segments included. Planned for both sides and both directions
 * wherever the network is, so that either host of a connection suffices to cut it.
 */
const quarantineAcl = z.strictObject({
  ...aclShape,
  from: z.union([end, z.literal('*')]),
  to: z.union([end, z.literal('*')]),
  protocol: z.literal('any'),
  action: z.literal('deny'),
  tier: z.literal('quarantine'),
  wholly: z.literal(true).optional(),
});

/** Rates at which an endpoint may send (`egress`) and be sent (`ingress`), in bits per second; absent means no limit. */
const qos = z.strictObject({
  kind: z.literal('qos'),
  endpoint: z.string(),
  egress: bitsPerSecond.optional(),
  ingress: bitsPerSecond.optional(),
});

/** A tunnel endpoint that packets may be sent to and accepted from. */
const host = z.strictObject({
  kind: z.literal('host'),
  host: name.or(hostName),
  tunnelIp: address,
  tunnel: z.enum(['vxlan', 'geneve']),
});

const acl = z.discriminatedUnion('tier', [grantAcl, quarantineAcl]);

export const overlayObject = z.discriminatedUnion('kind', [network, binding, route, acl, qos, host]);
export type OverlayObject = z.infer<typeof overlayObject>;
export type NetworkObject = z.infer<typeof network>;
export type BindingObject = z.infer<typeof binding>;
export type GrantAcl = z.infer<typeof grantAcl>;
export type QuarantineAcl = z.infer<typeof quarantineAcl>;
export type AclObject = GrantAcl | QuarantineAcl;
export type QosObject = z.infer<typeof qos>;
export type HostObject = z.infer<typeof host>;

/** The identity of an object: an object that is put replaces the one of the same key. */
export function keyOf(object: OverlayObject): string {
  switch (object.kind) {
    case 'network':
      return `network/${String(object.vni)}/${object.segment}`;
    case 'binding':
      return `binding/${object.endpoint}`;
    case 'route':
      return `route/${String(object.from)}/${String(object.to)}`;
    case 'acl':
      return `acl/${object.id}`;
    case 'qos':
      return `qos/${object.endpoint}`;
    case 'host':
      return `host/${object.host}`;
  }
}

/** A set of objects, looked up by key. Of two objects with one key the later counts, as an object put replaces another. */
export function objectsByKey(objects: Iterable<OverlayObject>): Map<string, OverlayObject> {
  return new Map(Array.from(objects, (object) => [keyOf(object), object]));
}

/**
 * Whether a quarantine acl drops what goes from one end to another. Inside one end traffic goes on, and so it does inside
 * the tenant, unless the segment is cut off wholly.
 */
export function deniesPair(acl: QuarantineAcl, { from, to }: { from: string; to: string }): boolean {
  const named = (acl.from === '*' || acl.from === from) && (acl.to === '*' || acl.to === to);
  if (!named || from === to) return false;
  return acl.wholly === true || tenantOf(from) === undefined || tenantOf(from) !== tenantOf(to);
}

/** The number of buckets among which a set's objects are divided for its digest. */
export const bucketCount = 4096;

/** The bucket of an object by its key: the first 12 bits of SHA-256 of the key as UTF-8, from 0 to 4095. */
export function bucketOf(key: string): number {
  return Number.parseInt(digestOfText(key).slice(0, 3), 16);
}

/**
 * Digest of a set of objects, whatever their order: of two objects with one key the later counts. Each step is SHA-256,
 * written as 64 lower-case hexadecimal digits:
 * - an object's digest, of its canonical JSON;
 * - a bucket's, of the digests of the objects that fall into it (bucketOf), in the order of their keys by UTF-16 code units,
 *   written one after the other;
 * - the set's, of the digests of the buckets that hold anything, in the order of their numbers, written one after the other.
 *
 * So a change of an object costs the objects of one bucket, and not the set (see SetDigest).
 */
export function digestOfObjects(objects: Iterable<OverlayObject>): string {
  const buckets = new Map<number, string>();
  for (const [key, object] of [...objectsByKey(objects)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const bucket = bucketOf(key);
    buckets.set(bucket, (buckets.get(bucket) ?? '') + digestOf(object));
  }
  const ordered = [...buckets].sort(([a], [b]) => a - b);
  return digestOfText(ordered.map(([, digests]) => digestOfText(digests)).join(''));
}
