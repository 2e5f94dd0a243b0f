import {
  keyOf,
  ofKind,
  type WrittenDocument,
  type WrittenEgressRule,
  type WrittenIngressRule,
  type WrittenPolicy,
} from '../bench/estate/documents.ts';
import { connections } from './connections.ts';
import { meaningProblems } from './meaning.ts';
import { switchProblems } from './switches.ts';

type Rule = (WrittenEgressRule | WrittenIngressRule) & { named: string; side: 'egress' | 'ingress' };

const namePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const anyInstant = '2026-01-01T00:00:00Z';

/**
 * What the policy language would refuse in an estate, one sentence each, found in the most naive way; empty where the
 * estate is valid. A slow second account, as the oracle of connections is. It takes documents as one folder.
 */
export function problemsOf(documents: readonly WrittenDocument[]): string[] {
  return [
    ...twice(documents.map(keyOf), 'document'),
    ...nameProblems(documents),
    ...ofKind(documents, 'Policy').flatMap((policy) => policyProblems(documents, policy)),
    ...inventoryProblems(documents),
    ...vniProblems(documents),
    ...meaningProblems(documents),
    ...switchProblems(documents),
  ];
}

function nameProblems(documents: readonly WrittenDocument[]): string[] {
  const tenants = ofKind(documents, 'Tenant');
  const services = tenants.flatMap((tenant) => tenant.services ?? []);
  const namespace = [
    ...tenants.map(({ tenant }) => tenant),
    ...services.map(({ name }) => name),
    ...ofKind(documents, 'External').map(({ external }) => external),
  ];
  const segments = tenants.flatMap((tenant) => tenant.segments);
  const strays = tenants.flatMap(({ tenant, segments, services }) =>
    (services ?? [])
      .filter(({ segment }) => !segments.includes(segment))
      .map(({ name }) => `${tenant}: service ${name} is in no segment`),
  );
  return [
    ...twice(namespace, 'name'),
    ...[...namespace, ...segments]
      .filter((name) => !namePattern.test(name))
      .map((name) => `bad name ${name}`),
    ...tenants.flatMap(({ tenant, segments }) => twice(segments, `segment of ${tenant}`)),
    ...strays,
  ];
}

function policyProblems(documents: readonly WrittenDocument[], policy: WrittenPolicy): string[] {
  const rules: Rule[] = [
    ...(policy.egress ?? []).map((rule) => ({ ...rule, named: rule.destination, side: 'egress' as const })),
    ...(policy.ingress ?? []).map((rule) => ({ ...rule, named: rule.source, side: 'ingress' as const })),
  ];
  const own = ofKind(documents, 'Tenant').find(({ tenant }) => tenant === policy.tenant);
  if (own === undefined) return [`policy of the unknown tenant ${policy.tenant}`];
  const problems = rules.flatMap((rule) => {
    const found = [
      ...(rule.segment === undefined || own.segments.includes(rule.segment) ? [] : ['unknown own segment']),
      ...peerProblems(documents, rule),
      ...trafficProblems(rule),
    ];
    return found.map((problem) => `${policy.tenant}: ${problem}: ${JSON.stringify(rule)}`);
  });
  if (own.isolation === 'air-gapped' && rules.length > 0)
    problems.push(`${own.tenant}: air-gapped, has rules`);
  if (rules.length > 500) problems.push(`${own.tenant}: ${rules.length} rules`);
  return problems;
}

function peerProblems(documents: readonly WrittenDocument[], { named, side, ...rule }: Rule): string[] {
  if (named === '*') return side === 'ingress' ? [] : ['* as destination'];
  if (ofKind(documents, 'External').some(({ external }) => external === named)) return [];
  const tenants = ofKind(documents, 'Tenant');
  const service = tenants.flatMap(({ services }) => services ?? []).find(({ name }) => name === named);
  const tenant = tenants.find(
    ({ tenant, segments, services }) =>
      named === tenant ||
      segments.some((segment) => named === `${tenant}/${segment}`) ||
      (services ?? []).some(({ name }) => name === named),
  );
  if (tenant === undefined) return [`unknown name ${named}`];
  if (tenant.isolation === 'air-gapped') return ['names an air-gapped tenant'];
  if (service === undefined || side === 'ingress') return [];
  // Let the oracle say whether anything is left: a client with this rule, and a server that takes everything.
  const { protocol, ports } = rule;
  const asked = { destination: named, ...(protocol && { protocol }), ...(ports && { ports }) };
  const rows = connections(
    [
      { kind: 'Tenant', tenant: 'client', segments: ['s'] },
      { kind: 'Tenant', tenant: 'server', segments: ['s'], services: [{ ...service, segment: 's' }] },
      { kind: 'Policy', tenant: 'client', egress: [asked] },
      { kind: 'Policy', tenant: 'server', ingress: [{ source: '*' }] },
    ],
    anyInstant,
  );
  return rows.length === 0 ? ['nothing is left of the service'] : [];
}

function trafficProblems({ protocol, ports, from, expires }: Rule): string[] {
  const ranges = (ports ?? []).map((text) => {
    const [first = NaN, last = first] = String(text).split('-').map(Number);
    return { first, last };
  });
  const reversed = from !== undefined && expires !== undefined && from.slice(0, 19) >= expires.slice(0, 19);
  return [
    ...(ports?.length === 0 ? ['no ports'] : []),
    ...(ports !== undefined && (protocol === 'icmp' || protocol === 'any') ? [`ports with ${protocol}`] : []),
    ...(ranges.every(({ first, last }) => first >= 1 && first <= last && last <= 65_535)
      ? []
      : ['bad ports']),
    ...(reversed ? ['expires before it begins'] : []),
  ];
}

function inventoryProblems(documents: readonly WrittenDocument[]): string[] {
  const hosts = new Map(ofKind(documents, 'Host').map((host) => [host.host, host]));
  const gateways = ofKind(documents, 'External').flatMap(({ gateway }) => gateway ?? []);
  const attached = ofKind(documents, 'Endpoints');
  const ports = [...attached.flatMap(({ endpoints }) => endpoints), ...gateways];
  const problems = attached.flatMap(({ tenant, endpoints }) => {
    const document = ofKind(documents, 'Tenant').find((each) => each.tenant === tenant);
    const shards = new Set(endpoints.map(({ host }) => hosts.get(host)?.shard));
    if (document?.shard !== undefined) shards.add(document.shard);
    const addresses = endpoints.flatMap(({ segment, ip }) => [ip].flat().map((each) => `${segment} ${each}`));
    return [
      ...(document === undefined ? [`endpoints of the unknown tenant ${tenant}`] : []),
      ...(shards.size > 1 ? [`${tenant} stands on several shards`] : []),
      ...endpoints
        .filter(({ segment }) => document?.segments.includes(segment) !== true)
        .map(({ name }) => `${tenant}: endpoint ${name} is in no segment`),
      ...twice(
        endpoints.map(({ name }) => name),
        `endpoint of ${tenant}`,
      ),
      ...twice(addresses, `address in ${tenant}`),
      ...twice(
        endpoints.map(({ segment, mac }) => `${segment} ${mac}`),
        `mac in ${tenant}`,
      ),
    ];
  });
  return [
    ...problems,
    ...ports.filter(({ host }) => !hosts.has(host)).map(({ host }) => `unknown host ${host}`),
    ...twice(
      ports.map((port) => `${port.host} ${port.interface}`),
      'interface',
    ),
    ...twice(
      [...hosts.values()].map(({ tunnelIp }) => tunnelIp),
      'tunnel address',
    ),
    ...twice(
      ofKind(documents, 'External').flatMap(({ cidrs }) => cidrs),
      'prefix',
    ),
  ];
}

function vniProblems(documents: readonly WrittenDocument[]): string[] {
  const shards = ofKind(documents, 'Shard').toSorted((a, b) => a.vnis.from - b.vnis.from);
  const needed =
    ofKind(documents, 'Tenant').reduce((count, { segments }) => count + segments.length, 0) +
    ofKind(documents, 'External').length;
  return shards.flatMap(({ shard, vnis }, index) => [
    ...(vnis.from <= (shards[index - 1]?.vnis.to ?? 0) ? [`VNIs of ${shard} overlap`] : []),
    ...(vnis.to - vnis.from + 1 < needed || vnis.to > 16_777_215 ? [`VNIs of ${shard} may not do`] : []),
  ]);
}

function twice(texts: readonly string[], what: string): string[] {
  return texts.filter((text, index) => texts.indexOf(text) !== index).map((text) => `${what} twice: ${text}`);
}
