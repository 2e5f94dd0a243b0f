import {
  ofKind,
  type WrittenDocument,
  type WrittenPolicy,
  type WrittenService,
} from '../bench/estate/documents.ts';
import { connections } from './connections.ts';
import { alwaysOpen } from './meaning.ts';

const anyInstant = '2026-01-01T00:00:00Z';

/** What shards of overlay ovs refuse. A tenant whose shard no document names stands among switches only if every shard is of them. */
export function switchProblems(documents: readonly WrittenDocument[]): string[] {
  const shards = ofKind(documents, 'Shard');
  const ovs = new Set(shards.filter(({ overlay }) => overlay === 'ovs').map(({ shard }) => shard));
  if (ovs.size === 0) return [];
  const hosts = ofKind(documents, 'Host').filter(({ shard }) => ovs.has(shard));
  const names = hosts.map(({ host }) => host);
  const externals = ofKind(documents, 'External').filter(({ gateway }) =>
    names.includes(gateway?.host ?? ''),
  );
  const tenants = ofKind(documents, 'Tenant').filter(({ shard }) =>
    shard === undefined ? ovs.size === shards.length : ovs.has(shard),
  );
  const placed = [...externals.map(({ external }) => external), ...tenants.map(({ tenant }) => tenant)];
  return [
    ...hosts.filter(({ ovsdb }) => ovsdb === undefined).map(({ host }) => `${host} is not reached`),
    ...externals
      .filter(({ gateway }) => gateway?.mac === undefined)
      .map(({ external }) => `${external}: no mac`),
    ...tenants
      .flatMap(({ services }) => services ?? [])
      .filter(({ protocol }) => protocol === 'sctp')
      .map(({ name }) => `service ${name} by sctp`),
    ...sctpGrants(alwaysOpen(documents))
      .filter(({ from, to }) => [from, to].some((end) => placed.includes(end.split('/')[0] ?? '')))
      .map(({ from, to }) => `${from} to ${to} by sctp`),
  ];
}

/** The connections by SCTP that there would be if each rule that names it were the only one of its side in its policy. */
function sctpGrants(documents: readonly WrittenDocument[]): { from: string; to: string }[] {
  const services = ofKind(documents, 'Tenant').flatMap((tenant) => tenant.services ?? []);
  return ofKind(documents, 'Policy').flatMap((policy) =>
    aloneByRule(policy, services).flatMap((alone) => {
      const others = documents.filter((each) => each !== policy);
      return connections([...others, alone], anyInstant).filter(({ protocol }) => protocol === 'sctp');
    }),
  );
}

function aloneByRule(policy: WrittenPolicy, services: readonly WrittenService[]): WrittenPolicy[] {
  const offersSctp = (named: string): boolean =>
    services.some(({ name, protocol }) => name === named && protocol === 'sctp');
  const { egress = [], ingress = [] } = policy;
  return [
    ...egress
      .filter(({ protocol, destination, ports }) =>
        protocol === undefined && ports === undefined
          ? offersSctp(destination)
          : protocol === 'sctp' || (protocol === 'any' && offersSctp(destination)),
      )
      .map((rule) => ({ ...policy, egress: [rule] })),
    ...ingress.filter(({ protocol }) => protocol === 'sctp').map((rule) => ({ ...policy, ingress: [rule] })),
  ];
}
