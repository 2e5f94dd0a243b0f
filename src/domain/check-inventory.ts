import { segmentOf } from '../../events/names.ts';
import { endpointsOf } from '../../projections/directory/directory.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';

/** Ports, addresses and number ranges that two claim: a host's interface, a segment's address or MAC, a VNI, a tunnel. */
export function* checkInventory(candidate: Candidate): Iterable<DomainProblem> {
  yield* claimedTwice(candidate, portsAndAddresses(candidate));
  yield* claimedTwice(candidate, tunnels(candidate));
  yield* overlappingRanges(candidate);
}

/** Something that only one may have: what it is in words, who claims it, and where that stands. */
interface Claim {
  readonly key: string;
  readonly what: string;
  readonly found: string;
  readonly claimant: string;
  readonly place: DomainPlace;
}

function* claimedTwice({ given }: Candidate, claims: Iterable<Claim>): Iterable<DomainProblem> {
  const holders = new Map<string, Claim>();
  for (const claim of claims) {
    const holder = holders.get(claim.key);
    holders.set(claim.key, claim);
    if (holder === undefined) continue;
    yield {
      kind: 'input',
      at: pointAt(given, claim.place, holder.place),
      message: `${claim.what} is used twice: by ${holder.claimant} and by ${claim.claimant}`,
      found: claim.found,
      allowed: 'one that nothing else uses',
    };
  }
}

function* portsAndAddresses({ after }: Candidate): Iterable<Claim> {
  const { directory } = after;
  for (const { external, gateway } of directory.externals.values()) {
    if (gateway === undefined) continue;
    yield {
      key: `${gateway.host} ${gateway.interface}`,
      what: `interface ${gateway.interface} of host ${gateway.host}`,
      found: gateway.interface,
      claimant: `the gateway of ${external}`,
      place: { kind: 'External', name: external, path: ['gateway', 'interface'] },
    };
  }
  for (const tenant of directory.endpoints.keys()) {
    for (const endpoint of endpointsOf(directory, tenant)) {
      const claimant = `endpoint ${segmentOf(tenant, endpoint.name)}`;
      const segment = segmentOf(tenant, endpoint.segment);
      const place = (key: string): DomainPlace => ({
        kind: 'Endpoints',
        name: tenant,
        path: ['endpoints', endpoint.name, key],
      });
      yield {
        key: `${endpoint.host} ${endpoint.interface}`,
        what: `interface ${endpoint.interface} of host ${endpoint.host}`,
        found: endpoint.interface,
        claimant,
        place: place('interface'),
      };
      yield {
        key: `mac ${segment} ${endpoint.mac}`,
        what: `MAC ${endpoint.mac} in segment ${segment}`,
        found: endpoint.mac,
        claimant,
        place: place('mac'),
      };
      for (const ip of endpoint.ips) {
        yield {
          key: `ip ${segment} ${ip}`,
          what: `address ${ip} in segment ${segment}`,
          found: ip,
          claimant,
          place: place('ip'),
        };
      }
    }
  }
}

/** A tunnel address says which host sends: two hosts cannot share one. */
function* tunnels({ after }: Candidate): Iterable<Claim> {
  for (const { host, tunnelIp } of after.directory.hosts.values()) {
    yield {
      key: tunnelIp,
      what: `tunnel address ${tunnelIp}`,
      found: tunnelIp,
      claimant: `host ${host}`,
      place: { kind: 'Host', name: host, path: ['tunnelIp'] },
    };
  }
}

function* overlappingRanges({ after, given }: Candidate): Iterable<DomainProblem> {
  const shards = [...after.directory.shards.values()].sort((a, b) => a.vnis.from - b.vnis.from);
  for (const [index, shard] of shards.entries()) {
    for (const other of shards.slice(index + 1)) {
      if (other.vnis.from > shard.vnis.to) break;
      const place = (name: string): DomainPlace => ({ kind: 'Shard', name, path: ['vnis'] });
      yield {
        kind: 'input',
        at: pointAt(given, place(other.shard), place(shard.shard)),
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
