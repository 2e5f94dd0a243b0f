import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/**
 * Documents of an estate as a person writes them: not normalised, defaults left out, one shape a kind. Tests and
 * benchmarks speak this language, so that nothing in them leans on how the product reads it.
 */
const written = z.strictObject;
const classification = z.enum(['public', 'internal', 'confidential', 'restricted']);
const protocol = z.enum(['tcp', 'udp', 'sctp', 'icmp', 'any']);

/** Protocol and ports as written; ports are numbers, or ranges such as `8000-8100`. */
const traffic = {
  protocol: protocol.exactOptional(),
  ports: z.array(z.union([z.int(), z.string()])).exactOptional(),
};

const service = written({ name: z.string(), segment: z.string(), ...traffic });

const tenant = written({
  kind: z.literal('Tenant'),
  tenant: z.string(),
  classification: classification.exactOptional(),
  isolation: z.enum(['logical', 'air-gapped']).exactOptional(),
  shard: z.string().exactOptional(),
  intraTenant: z.enum(['allow', 'segments']).exactOptional(),
  segments: z.array(z.string()),
  services: z.array(service).exactOptional(),
});

const external = written({
  kind: z.literal('External'),
  external: z.string(),
  classification: classification.exactOptional(),
  cidrs: z.array(z.string()),
  gateway: written({
    host: z.string(),
    interface: z.string(),
    mac: z.string().exactOptional(),
  }).exactOptional(),
});

const endpoint = written({
  name: z.string(),
  segment: z.string(),
  ip: z.union([z.string(), z.array(z.string())]),
  mac: z.string(),
  host: z.string(),
  interface: z.string(),
});

const endpoints = written({ kind: z.literal('Endpoints'), tenant: z.string(), endpoints: z.array(endpoint) });
const host = written({
  kind: z.literal('Host'),
  host: z.string(),
  shard: z.string(),
  tunnelIp: z.string(),
  ovsdb: z.string().exactOptional(),
  openflow: z.string().exactOptional(),
});

const shard = written({
  kind: z.literal('Shard'),
  shard: z.string(),
  overlay: z.string(),
  tunnel: z.enum(['vxlan', 'geneve']),
  vnis: written({ from: z.int(), to: z.int() }),
  revocationLimit: z.string().exactOptional(),
});

const restOfRule = {
  segment: z.string().exactOptional(),
  ...traffic,
  guard: z.string().exactOptional(),
  from: z.string().exactOptional(),
  expires: z.string().exactOptional(),
};
const egressRule = written({ destination: z.string(), ...restOfRule });
const ingressRule = written({ source: z.string(), ...restOfRule });

const policy = written({
  kind: z.literal('Policy'),
  apiVersion: z.literal('isoledger/v1').exactOptional(),
  tenant: z.string(),
  egress: z.array(egressRule).exactOptional(),
  ingress: z.array(ingressRule).exactOptional(),
  qos: written({ egress: z.string().exactOptional(), ingress: z.string().exactOptional() }).exactOptional(),
});

const document = z.discriminatedUnion('kind', [tenant, external, endpoints, host, shard, policy]);

export type WrittenTenant = z.infer<typeof tenant>;
export type WrittenService = z.infer<typeof service>;
export type WrittenExternal = z.infer<typeof external>;
export type WrittenEndpoints = z.infer<typeof endpoints>;
export type WrittenEndpoint = z.infer<typeof endpoint>;
export type WrittenHost = z.infer<typeof host>;
export type WrittenShard = z.infer<typeof shard>;
export type WrittenPolicy = z.infer<typeof policy>;
export type WrittenEgressRule = z.infer<typeof egressRule>;
export type WrittenIngressRule = z.infer<typeof ingressRule>;
export type WrittenDocument = z.infer<typeof document>;
export type WrittenClassification = z.infer<typeof classification>;

/** What a rule or a service says of protocol and ports. */
export type WrittenTraffic = Pick<WrittenService, 'protocol' | 'ports'>;

/** The documents of one kind. */
export function ofKind<Kind extends WrittenDocument['kind']>(
  documents: readonly WrittenDocument[],
  kind: Kind,
): Extract<WrittenDocument, { kind: Kind }>[] {
  return documents.filter((each): each is Extract<WrittenDocument, { kind: Kind }> => each.kind === kind);
}

/** The documents of YAML text, in order; empty ones are skipped. Throws where one has not the shape of its kind. `origin` names the text in errors. */
export function parseDocuments(text: string, origin: string): WrittenDocument[] {
  return parseAllDocuments(text).flatMap((yaml) => {
    const [error] = yaml.errors;
    if (error !== undefined) throw error;
    const value: unknown = yaml.toJS();
    if (value === null) return [];
    const parsed = document.safeParse(withKind(value));
    if (!parsed.success)
      throw new Error(`${origin}: ${JSON.stringify(value)}\n${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
}

/** A document with rules or qos is a Policy, whether it says so or not. */
function withKind(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !('kind' in value)
    ? { kind: 'Policy', ...value }
    : value;
}

/** The documents of all YAML files under a folder, in the order of the files' names. */
export function readDocuments(folder: string): WrittenDocument[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.ya?ml$/.test(file),
  );
  return files.sort().flatMap((file) => parseDocuments(readFileSync(join(folder, file), 'utf8'), file));
}

/** Kind and name of a document, as one text: two documents with equal keys are versions of the same one. */
export function keyOf(of: WrittenDocument): string {
  switch (of.kind) {
    case 'External':
      return `External/${of.external}`;
    case 'Host':
      return `Host/${of.host}`;
    case 'Shard':
      return `Shard/${of.shard}`;
    case 'Tenant':
    case 'Endpoints':
    case 'Policy':
      return `${of.kind}/${of.tenant}`;
  }
}

/** The documents in force after these were applied one after the other: of each kind and name, the last. */
export function inForce(documents: readonly WrittenDocument[]): WrittenDocument[] {
  return [...new Map(documents.map((each) => [keyOf(each), each])).values()];
}
