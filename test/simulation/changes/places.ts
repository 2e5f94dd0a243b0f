import {
  ofKind,
  type WrittenDocument,
  type WrittenEndpoint,
  type WrittenHost,
} from '../../bench/estate/documents.ts';
import { withDocument, type Estate } from '../../bench/estate/estate.ts';
import { pluggedIn } from '../../bench/estate/inventory.ts';
import { tunnelAddress } from '../../bench/estate/numbering.ts';
import type { Random } from '../../bench/estate/random.ts';
import { changeTo, oneOf, type Changer } from './change.ts';

/** A host goes; what sat on it moves to another one of its shard. */
export const hostGoes: Changer = (estate, random) => {
  const hosts = ofKind(estate.documents, 'Host');
  const host = oneOf(random, hosts);
  const others = hosts.filter((each) => each !== host && each.shard === host?.shard);
  if (host === undefined || others.length === 0) return undefined;
  const mover = new Mover(estate, random, (name) => (name === host.host ? others : undefined));
  const documents = estate.documents.filter((each) => each !== host).map((each) => mover.moved(each));
  const after = { documents, portsIssued: mover.portsIssued };
  return changeTo(estate, after, { kind: 'host goes', words: `${host.host} goes` });
};

/** A host comes, perhaps one that went before; a name belongs to the shard that had it first. */
export const hostComes: Changer = (estate, random) => {
  const hosts = ofKind(estate.documents, 'Host');
  const shard = oneOf(random, ofKind(estate.documents, 'Shard'));
  const number = 1 + random.below(hostsMax);
  const host = `hv-${String(number)}`;
  if (shard === undefined || hosts.some((each) => each.host === host)) return undefined;
  const document: WrittenHost = { kind: 'Host', host, shard: shard.shard, tunnelIp: tunnelAddress(number) };
  const documents = [...estate.documents, document];
  return changeTo(estate, { documents }, { kind: 'host comes', words: `${host} comes to ${shard.shard}` });
};

const hostsMax = 12;

/** A shard goes with its hosts; everybody on it moves to another one. */
export const shardGoes: Changer = (estate, random) => {
  const shards = ofKind(estate.documents, 'Shard');
  const shard = oneOf(random, shards);
  const target = oneOf(
    random,
    shards.filter((each) => each !== shard),
  );
  const hosts = ofKind(estate.documents, 'Host');
  const others = hosts.filter((each) => each.shard === target?.shard);
  if (shard === undefined || target === undefined || others.length === 0) return undefined;
  const leaving = hosts.filter((each) => each.shard === shard.shard);
  const mover = new Mover(estate, random, (name) =>
    leaving.some(({ host }) => host === name) ? others : undefined,
  );
  const elsewhere = tenantsOnHosts(
    estate,
    hosts.filter((host) => !leaving.includes(host)),
  );
  const documents = estate.documents
    .filter((each) => each !== shard && !leaving.some((host) => host === each))
    .map((each) => mover.moved(each))
    .map((each) => {
      // Whoever has no endpoint may have been placed anywhere.
      if (each.kind !== 'Tenant' || elsewhere.has(each.tenant)) return each;
      return { ...each, shard: target.shard };
    });
  const after = { documents, portsIssued: mover.portsIssued };
  return changeTo(estate, after, { kind: 'shard goes', words: `${shard.shard} goes, to ${target.shard}` });
};

function tenantsOnHosts({ documents }: Estate, hosts: readonly WrittenHost[]): Set<string> {
  const names = new Set(hosts.map(({ host }) => host));
  const seated = ofKind(documents, 'Endpoints').filter(({ endpoints }) =>
    endpoints.some(({ host }) => names.has(host)),
  );
  return new Set(seated.map(({ tenant }) => tenant));
}

/** A shard comes, perhaps one that went before, with two hosts. */
export const shardComes: Changer = (estate, random) => {
  const number = 1 + random.below(shardsMax);
  const shard = `shard-${String(number)}`;
  const hosts = ofKind(estate.documents, 'Host');
  const free = Array.from({ length: hostsMax }, (_, index) => index + 1).filter(
    (each) => !hosts.some(({ host }) => host === `hv-${String(each)}`),
  );
  const [one, other] = free;
  if (ofKind(estate.documents, 'Shard').some((each) => each.shard === shard)) return undefined;
  if (one === undefined || other === undefined) return undefined;
  const from = 50_000 + number * 1000;
  const added: WrittenDocument[] = [
    { kind: 'Shard', shard, overlay: 'embedded', tunnel: 'geneve', vnis: { from, to: from + 200 } },
    ...[one, other].map((each): WrittenHost => {
      return { kind: 'Host', host: `hv-${String(each)}`, shard, tunnelIp: tunnelAddress(each) };
    }),
  ];
  const documents = [...estate.documents, ...added];
  return changeTo(estate, { documents }, { kind: 'shard comes', words: `${shard} comes` });
};

const shardsMax = 4;

/** A shard carries its packets otherwise, or gives revocations another limit. */
export const shardChanges: Changer = (estate, random) => {
  const shard = oneOf(random, ofKind(estate.documents, 'Shard'));
  if (shard === undefined) return undefined;
  const tunnel = random.pick(['vxlan', 'geneve'] as const);
  const document = { ...shard, tunnel, revocationLimit: `${String(random.pick([10, 30, 60, 90]))}s` };
  const documents = withDocument(estate.documents, document);
  return changeTo(estate, { documents }, { kind: 'shard changes', words: `${shard.shard} changes` });
};

/** Moves whatever sits on some hosts to others, to ports that nobody had before. */
class Mover {
  portsIssued: number;
  readonly #random: Random;
  readonly #targets: (host: string) => readonly WrittenHost[] | undefined;

  constructor(estate: Estate, random: Random, targets: (host: string) => readonly WrittenHost[] | undefined) {
    this.portsIssued = estate.portsIssued;
    this.#random = random;
    this.#targets = targets;
  }

  moved(document: WrittenDocument): WrittenDocument {
    if (document.kind === 'Endpoints' && document.endpoints.some(({ host }) => this.#targets(host)))
      return { ...document, endpoints: document.endpoints.map((each) => this.#movedEndpoint(each)) };
    if (document.kind !== 'External' || document.gateway === undefined) return document;
    const targets = this.#targets(document.gateway.host);
    if (targets === undefined) return document;
    return { ...document, gateway: { ...document.gateway, ...this.#newPort(targets) } };
  }

  #movedEndpoint(endpoint: WrittenEndpoint): WrittenEndpoint {
    const targets = this.#targets(endpoint.host);
    return targets === undefined ? endpoint : { ...endpoint, ...this.#newPort(targets), mac: endpoint.mac };
  }

  #newPort(targets: readonly WrittenHost[]): Pick<WrittenEndpoint, 'host' | 'interface'> {
    const port = pluggedIn({ number: this.portsIssued++, host: this.#random.pick(targets).host });
    return { host: port.host, interface: port.interface };
  }
}
