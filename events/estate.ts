import { z } from 'zod';
import { address, cidr } from './address.ts';
import { guardLengthMax } from './free-text.ts';
import {
  classification,
  end,
  hostName,
  instant,
  interfacePattern,
  macPattern,
  name,
  ports,
  protocol,
  digest,
  switchAddress,
  vni,
} from './names.ts';

/** Traffic that a tenant offers under a name. A rule that names the service is bounded by it. */
export const service = z.strictObject({ name, segment: name, protocol, ports: ports.optional() });
export type Service = z.infer<typeof service>;

/** A Tenant document, whole and normalised: lists sorted by name, defaults filled in. `shard` only where it was asked for. */
export const tenant = z.strictObject({
  tenant: name,
  classification,
  isolation: z.enum(['logical', 'air-gapped']),
  intraTenant: z.enum(['allow', 'segments']),
  segments: z.array(name),
  services: z.array(service),
  shard: name.optional(),
});
export type Tenant = z.infer<typeof tenant>;

export const tenantPlaced = z.strictObject({ tenant: name, shard: name });
export const tenantMoved = z.strictObject({ tenant: name, from: name, to: name });

/** A tenant by its name: for events that say of it no more than that they happened. */
export const tenantNamed = z.strictObject({ tenant: name });
/** A segment of a tenant, and an external, likewise. */
export const segmentNamed = z.strictObject({ tenant: name, segment: name });
export const externalNamed = z.strictObject({ external: name });
/** `shard` is the one whose applier is to empty the host. */
export const hostRetired = z.strictObject({ host: hostName, shard: name });
/** A person vouches that what the host was is switched off for good, or never was: it holds nothing of its shard. */
export const hostGone = z.strictObject({ host: hostName, shard: name });
export const shardRetired = z.strictObject({ shard: name });

/** A workload: which port of which host it sits on, in which segment, under which addresses (sorted). */
export const endpoint = z.strictObject({
  name: hostName,
  segment: name,
  ips: z.array(address).min(1),
  mac: z.string().regex(macPattern),
  host: hostName,
  interface: z.string().regex(interfacePattern),
});
export type Endpoint = z.infer<typeof endpoint>;

/** Endpoints put (new or changed, whole) and removed (by name). */
export const endpointsChanged = z.strictObject({
  tenant: name,
  put: z.array(endpoint),
  removed: z.array(hostName),
});

/** An External document. Without a gateway it is known to the intended lane only. */
export const external = z.strictObject({
  external: name,
  classification,
  cidrs: z.array(cidr).min(1),
  gateway: z
    .strictObject({
      host: hostName,
      interface: z.string().regex(interfacePattern),
      mac: z.string().regex(macPattern).optional(),
    })
    .optional(),
});
export type External = z.infer<typeof external>;

/**
 * A Host document. `ovsdb` and `openflow` say how its switch is reached, where the overlay of the shard has switches. Without
 * `openflow` it follows from a Unix socket in `ovsdb`.
 */
export const host = z.strictObject({
  host: hostName,
  shard: name,
  tunnelIp: address,
  ovsdb: switchAddress.optional(),
  openflow: switchAddress.optional(),
});
export type Host = z.infer<typeof host>;

/**
 * A Shard document. `overlay` names the driver: a new driver changes nothing here. `revocationLimitSeconds` is how long a
 * revocation may take before it counts as a violation.
 */
export const shard = z.strictObject({
  shard: name,
  overlay: name,
  tunnel: z.enum(['vxlan', 'geneve']),
  vnis: z.strictObject({ from: vni, to: vni }),
  revocationLimitSeconds: z.int().min(0),
});
export type Shard = z.infer<typeof shard>;

/** A VNI of a shard's range, given to (or taken from) a segment or an external with a gateway. */
export const vniOf = z.strictObject({ shard: name, vni, segment: end });

/** A time bound: the text as it was written, and the instant it means. Only the instant is ever judged. */
const bound = z.strictObject({ text: z.string(), instant });
export type Bound = z.infer<typeof bound>;

const ruleShape = {
  /** First 24 hexadecimal digits of the SHA-256 over tenant, side and the rule itself: unchanged rules keep their id. */
  id: z.string().regex(/^[0-9a-f]{24}$/),
  /** Narrows the tenant's own side; absent means all of its segments. */
  segment: name.optional(),
  protocol,
  ports: ports.optional(),
  /** Approval reference that lets a grant cross a difference of classification. */
  guard: z.string().min(1).max(guardLengthMax).optional(),
  /** The rule holds from `from` (included) until `expires` (excluded). */
  from: bound.optional(),
  expires: bound.optional(),
};

/** The peer that a rule names: a service, tenant or external by name, or `tenant/segment`. */
export const egressRule = z.strictObject({ destination: end, ...ruleShape });
/** As egress, or `*`: every tenant that is not air-gapped, the own one included, never an external. */
export const ingressRule = z.strictObject({ source: z.union([end, z.literal('*')]), ...ruleShape });
export type EgressRule = z.infer<typeof egressRule>;
export type IngressRule = z.infer<typeof ingressRule>;
/** A rule of either side of a policy. */
export type Rule = EgressRule | IngressRule;

/** A rate in bits per second, as a string of digits: rates may exceed what a JSON number holds exactly. */
export const bitsPerSecond = z.string().regex(/^[1-9]\d*$/);

/** A Policy document, whole and normalised: rules sorted by id, names kept as written and resolved when asked about. */
export const policy = z.strictObject({
  apiVersion: z.literal('isoledger/v1'),
  tenant: name,
  egress: z.array(egressRule),
  ingress: z.array(ingressRule),
  qos: z.strictObject({ egress: bitsPerSecond.optional(), ingress: bitsPerSecond.optional() }).optional(),
});
export type Policy = z.infer<typeof policy>;

/** The policy and the digest of its canonical bytes. */
export const policyEnacted = z.strictObject({ policy, digest });

/** A rule of a tenant's policy began or ceased to hold: which one, and the bound that passed. */
export const boundPassed = z.strictObject({
  tenant: name,
  side: z.enum(['egress', 'ingress']),
  rule: ruleShape.id,
  bound,
});
export type BoundPassed = z.infer<typeof boundPassed>;
