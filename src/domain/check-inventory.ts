import type { Endpoint, Host } from '../../events/estate.ts';
import { segmentOf, tenantOf } from '../../events/names.ts';
import { endpointsOf, portOf } from '../../projections/directory/directory.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { inventoriesInScope } from './scope.ts';

/**
 * Refuses two claims to one thing: an interface of a host, an address or MAC in a segment, a tunnel address, a switch, a VNI.
 */
export function* checkInventory(candidate: Candidate): Iterable<DomainProblem> {
  yield* claimedTwice(candidate, portsAndAddresses(candidate));
  if (candidate.scope !== undefined) return;
  yield* claimedTwice(candidate, tunnelsAndSwitches(candidate));
  yield* mixedTunnels(candidate);
  yield* overlappingRanges(candidate);
}

/** A claim to a thing that can have only one owner. `what` is the thing in words. */
interface Claim {
  readonly key: string;
  readonly what: string;
  readonly found: string;
  readonly claimant: string;
  readonly place: DomainPlace;
}

function* claimedTwice({ folder }: Candidate, claims: Iterable<Claim>): Iterable<DomainProblem> {
  const holders = new Map<string, Claim>();
  for (const claim of claims) {
    const holder = holders.get(claim.key);
    holders.set(claim.key, claim);
    if (holder === undefined) continue;
    yield {
      kind: 'input',
      at: pointAt(folder, claim.place, holder.place),
      restsOn: [claim.place, holder.place],
      message: `${claim.what} is used twice: by ${holder.claimant} and by ${claim.claimant}`,
      found: claim.found,
      allowed: 'one that nothing else uses',
    };
  }
}

function* portsAndAddresses(candidate: Candidate): Iterable<Claim> {
  const { directory } = candidate.after;
  if (candidate.scope === undefined)
    for (const name of directory.externals.keys()) yield* gatewayPort(candidate, name);
  else yield* portsOfOthers(candidate, candidate.scope);
  for (const tenant of inventoriesInScope(candidate)) {
    for (const endpoint of endpointsOf(directory, tenant)) {
      yield endpointPort({ tenant, endpoint });
      yield* addressesOf({ tenant, endpoint });
    }
  }
}

/** Endpoints and gateways out of scope, on the ports of endpoints in scope. */
function* portsOfOthers(candidate: Candidate, scope: ReadonlySet<string>): Iterable<Claim> {
  const { directory } = candidate.after;
  for (const own of inventoriesInScope(candidate)) {
    for (const port of new Set(Array.from(endpointsOf(directory, own), portOf))) {
      for (const holder of directory.ports.of(port)) {
        const tenant = tenantOf(holder);
        if (tenant === undefined) yield* gatewayPort(candidate, holder);
        else if (!scope.has(tenant)) yield* portOfEndpoint(candidate, { tenant, holder });
      }
    }
  }
}

function* portOfEndpoint(
  { after }: Candidate,
  { tenant, holder }: { tenant: string; holder: string },
): Iterable<Claim> {
  const endpoint = after.directory.endpoints.get(tenant)?.get(holder.slice(tenant.length + 1));
  /* v8 ignore next -- @preserve the index holds endpoints that are there */
  if (endpoint !== undefined) yield endpointPort({ tenant, endpoint });
}

function* gatewayPort({ after }: Candidate, external: string): Iterable<Claim> {
  const gateway = after.directory.externals.get(external)?.gateway;
  if (gateway === undefined) return;
  yield {
    key: portOf(gateway),
    what: `interface ${gateway.interface} of host ${gateway.host}`,
    found: gateway.interface,
    claimant: `the gateway of ${external}`,
    place: { kind: 'External', name: external, path: ['gateway', 'interface'] },
  };
}

interface Seated {
  readonly tenant: string;
  readonly endpoint: Endpoint;
}

function endpointPort(seated: Seated): Claim {
  const { endpoint } = seated;
  return {
    ...claimOf(seated, 'interface'),
    key: portOf(endpoint),
    what: `interface ${endpoint.interface} of host ${endpoint.host}`,
    found: endpoint.interface,
  };
}

function* addressesOf(seated: Seated): Iterable<Claim> {
  const { tenant, endpoint } = seated;
  const segment = segmentOf(tenant, endpoint.segment);
  const { mac, ips } = endpoint;
  yield {
    ...claimOf(seated, 'mac'),
    key: `mac ${segment} ${mac}`,
    what: `MAC ${mac} in segment ${segment}`,
    found: mac,
  };
  for (const ip of ips) {
    yield {
      ...claimOf(seated, 'ip'),
      key: `ip ${segment} ${ip}`,
      what: `address ${ip} in segment ${segment}`,
      found: ip,
    };
  }
}

function claimOf({ tenant, endpoint: { name } }: Seated, key: string): Pick<Claim, 'claimant' | 'place'> {
  return {
    claimant: `endpoint ${segmentOf(tenant, name)}`,
    place: { kind: 'Endpoints', name: tenant, path: ['endpoints', name, key] },
  };
}

/** A tunnel address says which host sends, so two hosts cannot share an address; and each host is a switch of its own. */
function* tunnelsAndSwitches({ after }: Candidate): Iterable<Claim> {
  for (const { host, tunnelIp, ovsdb } of after.directory.hosts.values()) {
    const claimant = `host ${host}`;
    const place = (key: string): DomainPlace => ({ kind: 'Host', name: host, path: [key] });
    const tunnel = { what: `tunnel address ${tunnelIp}`, found: tunnelIp, place: place('tunnelIp') };
    yield { key: tunnelIp, claimant, ...tunnel };
    if (ovsdb === undefined) continue;
    yield {
      key: asOneSpells(ovsdb),
      what: `the switch at ${ovsdb}`,
      found: ovsdb,
      claimant,
      place: place('ovsdb'),
    };
  }
}

/**
 * A way to a switch without what says nothing in a path. Any other two ways may lead to one switch as well, by a link or by two
 * addresses: that is found at the switch, whose bridge says of which host it is.
 */
function asOneSpells(way: string): string {
  return way.replaceAll(/\/(\.?\/)+/g, '/');
}

/** The hosts of a shard send to one another, which two of different families cannot. Told once a shard. */
function* mixedTunnels({ after, folder }: Candidate): Iterable<DomainProblem> {
  const firsts = new Map<string, { v4?: Host; v6?: Host }>();
  for (const [, host] of [...after.directory.hosts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const first = firsts.get(host.shard) ?? {};
    firsts.set(host.shard, host.tunnelIp.includes(':') ? { v6: host, ...first } : { v4: host, ...first });
  }
  for (const [shard, { v4, v6 }] of firsts) {
    if (v4 === undefined || v6 === undefined) continue;
    const place = ({ host }: Host): DomainPlace => ({ kind: 'Host', name: host, path: ['tunnelIp'] });
    yield {
      kind: 'input',
      at: pointAt(folder, place(v6), place(v4)),
      restsOn: [place(v6), place(v4)],
      message: `the tunnel addresses of shard ${shard} are of two families: host ${v4.host} has ${v4.tunnelIp}, host ${v6.host} has ${v6.tunnelIp}`,
      found: `${v4.tunnelIp} and ${v6.tunnelIp}`,
      allowed: 'IPv4 addresses alone, or IPv6 addresses alone, on all hosts of a shard',
    };
  }
}

function* overlappingRanges({ after, folder }: Candidate): Iterable<DomainProblem> {
  const shards = [...after.directory.shards.values()].sort((a, b) => a.vnis.from - b.vnis.from);
  for (const [index, shard] of shards.entries()) {
    for (const other of shards.slice(index + 1)) {
      if (other.vnis.from > shard.vnis.to) break;
      const place = (name: string): DomainPlace => ({ kind: 'Shard', name, path: ['vnis'] });
      yield {
        kind: 'input',
        at: pointAt(folder, place(other.shard), place(shard.shard)),
        restsOn: [place(other.shard), place(shard.shard)],
        message: `the VNI ranges of ${shard.shard} (${range(shard.vnis)}) and ${other.shard} (${range(other.vnis)}) overlap`,
        found: range(other.vnis),
        allowed: 'a range of its own for each shard',
      };
    }
  }
}

function range({ from, to }: { from: number; to: number }): string {
  return `${String(from)}-${String(to)}`;
}
