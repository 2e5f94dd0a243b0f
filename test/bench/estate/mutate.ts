import { isDeepStrictEqual } from 'node:util';
import {
  keyOf,
  ofKind,
  type WrittenDocument,
  type WrittenEndpoints,
  type WrittenHost,
  type WrittenPolicy,
  type WrittenService,
} from './documents.ts';
import { realmsOf, withDocument, type Estate } from './estate.ts';
import { newEndpoint, pluggedIn } from './inventory.ts';
import { externalPrefix } from './numbering.ts';
import { ruleKey, rulesOf, withRules, withTraffic } from './policy-edits.ts';
import { seededRandom, type Random } from './random.ts';
import { conversation, trafficTowards } from './rules.ts';
import { overlaps, randomPorts, trafficKey } from './traffic.ts';

/** What happened, in words, and the one document that was replaced. */
interface Mutation {
  readonly estate: Estate;
  readonly document: WrittenDocument;
  readonly change: string;
}

interface Edit {
  readonly document: WrittenDocument;
  readonly change: string;
  readonly portsIssued?: number;
  readonly prefixesIssued?: number;
}

/** Undefined where this kind of change is not possible for what chance picked. */
type Editor = (estate: Estate, random: Random) => Edit | undefined;

const editors: readonly Editor[] = [
  addRule,
  removeRule,
  changePorts,
  changeService,
  addEndpoint,
  removeEndpoint,
  moveEndpoint,
  addPrefix,
];
const attemptsMax = 1000;

/**
 * One random change that keeps the estate valid: a rule comes, goes or gets other ports, a service offers other ports,
 * an endpoint comes, goes or moves within its shard, an external gets another prefix. The same seed, the same change.
 * Throws a RangeError where an estate has nothing that could be changed.
 */
export function mutateEstate(estate: Estate, seed: number): Mutation {
  const random = seededRandom(seed);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const edit = random.pick(editors)(estate, random);
    if (edit === undefined || isAsBefore(estate, edit.document)) continue;
    const { document, change, ...issued } = edit;
    const documents = withDocument(estate.documents, document);
    return { estate: { ...estate, documents, ...issued }, document, change };
  }
  throw new RangeError('nothing in this estate can be changed');
}

/** Whether a document means what the one before it meant, however its rules are written. */
function isAsBefore({ documents }: Estate, document: WrittenDocument): boolean {
  const key = keyOf(document);
  const before = documents.find((each) => keyOf(each) === key);
  if (before?.kind !== 'Policy' || document.kind !== 'Policy') return isDeepStrictEqual(before, document);
  return isDeepStrictEqual(new Set(rulesOf(before).map(ruleKey)), new Set(rulesOf(document).map(ruleKey)));
}

function addRule(estate: Estate, random: Random): Edit | undefined {
  const realm = oneOf(random, [...realmsOf(estate).values()]);
  const tenant = oneOf(random, realm?.tenants ?? []);
  if (realm === undefined || tenant === undefined) return undefined;
  const addition = oneOf(random, conversation({ random, features: estate.features }, tenant, realm));
  if (addition === undefined) return undefined;
  const policy = ofKind(estate.documents, 'Policy').find((each) => each.tenant === addition.tenant);
  const before: WrittenPolicy = policy ?? { kind: 'Policy', tenant: addition.tenant };
  const document = withRules(before, [...rulesOf(before), addition]);
  return { document, change: `${addition.tenant}: another ${addition.side} rule` };
}

function removeRule(estate: Estate, random: Random): Edit | undefined {
  const policy = oneOf(random, ofKind(estate.documents, 'Policy'));
  if (policy === undefined) return undefined;
  const rules = rulesOf(policy);
  if (rules.length < 2) return undefined;
  const document = withRules(policy, rules.toSpliced(random.below(rules.length), 1));
  return { document, change: `${policy.tenant}: a rule less` };
}

function changePorts(estate: Estate, random: Random): Edit | undefined {
  const policy = oneOf(random, ofKind(estate.documents, 'Policy'));
  if (policy === undefined) return undefined;
  const rules = rulesOf(policy);
  const addition = oneOf(random, rules);
  if (addition === undefined) return undefined;
  const named = addition.side === 'egress' ? addition.rule.destination : undefined;
  const service = servicesIn(estate).find(({ name }) => name === named);
  const changed = withTraffic(addition, trafficTowards(random, service));
  const document = withRules(policy, rules.with(rules.indexOf(addition), changed));
  return { document, change: `${policy.tenant}: other ports in a rule` };
}

/** A service never loses what a rule that names it rests on. */
function changeService(estate: Estate, random: Random): Edit | undefined {
  const tenant = oneOf(
    random,
    ofKind(estate.documents, 'Tenant').filter(({ services }) => services !== undefined),
  );
  const before = oneOf(random, tenant?.services ?? []);
  if (tenant?.services === undefined || before === undefined) return undefined;
  const ports = randomPorts(random);
  const users = ofKind(estate.documents, 'Policy')
    .flatMap(({ egress }) => egress ?? [])
    .filter(({ destination }) => destination === before.name);
  const keepsUsers = users.every((rule) => overlaps(rule, { ...before, ports }));
  if (!keepsUsers && before.ports === undefined) return undefined;
  const after = { ...before, ports: keepsUsers ? ports : [...new Set([...(before.ports ?? []), ...ports])] };
  if (trafficKey(after) === trafficKey(before)) return undefined;
  const services = tenant.services.with(tenant.services.indexOf(before), after);
  return { document: { ...tenant, services }, change: `${tenant.tenant}: ${before.name} offers other ports` };
}

function addEndpoint(estate: Estate, random: Random): Edit | undefined {
  const tenant = oneOf(random, ofKind(estate.documents, 'Tenant'));
  const host = oneOf(random, hostsFor(estate, tenant?.tenant));
  if (tenant === undefined || host === undefined) return undefined;
  const number = estate.portsIssued;
  const endpoint = newEndpoint(random, {
    segment: random.pick(tenant.segments),
    port: { number, host: host.host },
    address: number,
    withIpv6: estate.features.ipv6,
  });
  const before = endpointsOf(estate, tenant.tenant)?.endpoints ?? [];
  return {
    document: { kind: 'Endpoints', tenant: tenant.tenant, endpoints: [...before, endpoint] },
    change: `${tenant.tenant}: ${endpoint.name} is new on ${host.host}`,
    portsIssued: number + 1,
  };
}

/** The last endpoint stays: it may be what places the tenant. */
function removeEndpoint(estate: Estate, random: Random): Edit | undefined {
  const before = oneOf(random, ofKind(estate.documents, 'Endpoints'));
  if (before === undefined || before.endpoints.length < 2) return undefined;
  const endpoint = random.pick(before.endpoints);
  const endpoints = before.endpoints.filter((each) => each !== endpoint);
  return { document: { ...before, endpoints }, change: `${before.tenant}: ${endpoint.name} is gone` };
}

function moveEndpoint(estate: Estate, random: Random): Edit | undefined {
  const before = oneOf(random, ofKind(estate.documents, 'Endpoints'));
  const endpoint = oneOf(random, before?.endpoints ?? []);
  const host = oneOf(
    random,
    hostsFor(estate, before?.tenant).filter((each) => each.host !== endpoint?.host),
  );
  if (before === undefined || endpoint === undefined || host === undefined) return undefined;
  const number = estate.portsIssued;
  const moved = { ...endpoint, ...pluggedIn({ number, host: host.host }), mac: endpoint.mac };
  return {
    document: { ...before, endpoints: before.endpoints.with(before.endpoints.indexOf(endpoint), moved) },
    change: `${before.tenant}: ${endpoint.name} moves to ${host.host}`,
    portsIssued: number + 1,
  };
}

function addPrefix(estate: Estate, random: Random): Edit | undefined {
  const external = oneOf(random, ofKind(estate.documents, 'External'));
  const cidr = externalPrefix(estate.prefixesIssued, false);
  // Two who change an estate at the same time give out the same number.
  if (external === undefined || external.cidrs.includes(cidr)) return undefined;
  return {
    document: { ...external, cidrs: [...external.cidrs, cidr] },
    change: `${external.external}: ${cidr} too`,
    prefixesIssued: estate.prefixesIssued + 1,
  };
}

/** The hosts of the shard on which a tenant stands: the one it asks for, else the one of its endpoints. */
function hostsFor(estate: Estate, tenant: string | undefined): WrittenHost[] {
  const hosts = ofKind(estate.documents, 'Host');
  const asked = ofKind(estate.documents, 'Tenant').find((each) => each.tenant === tenant)?.shard;
  const [first] = endpointsOf(estate, tenant)?.endpoints ?? [];
  const shard = asked ?? hosts.find(({ host }) => host === first?.host)?.shard;
  return hosts.filter((host) => host.shard === shard);
}

function endpointsOf({ documents }: Estate, tenant: string | undefined): WrittenEndpoints | undefined {
  return ofKind(documents, 'Endpoints').find((each) => each.tenant === tenant);
}

function servicesIn({ documents }: Estate): WrittenService[] {
  return ofKind(documents, 'Tenant').flatMap(({ services }) => services ?? []);
}

function oneOf<Item>(random: Random, list: readonly Item[]): Item | undefined {
  return list.length === 0 ? undefined : random.pick(list);
}
