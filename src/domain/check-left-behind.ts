import type { Host } from '../../events/estate.ts';
import type { Directory } from '../../projections/directory/directory.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { isOfSwitches } from './check-switches.ts';

/** Whether a host may hold what its shard was given: that was planned, and the host neither was emptied since, nor said to be gone. */
export type HoldsAnything = (host: Pick<Host, 'shard' | 'host'>) => boolean;

/**
 * Refuses what would leave a switch behind that holds something: nobody would drive it any more, and it would go on forwarding,
 * whatever is revoked or in quarantine. A switch that is retired is emptied first. One that is not there any more, or never was, a
 * person has to vouch for.
 */
export function* checkLeftBehind(
  { before, after, folder, scope }: Candidate,
  holds: HoldsAnything,
): Iterable<DomainProblem> {
  if (scope !== undefined) return;
  const { hosts, formerHosts } = before.directory;
  for (const host of [...hosts.values(), ...formerHosts.values()]) {
    if (!isOfSwitch(before.directory, host) || !holds(host)) continue;
    const left = leftBehind(host, after.directory);
    if (left === undefined) continue;
    yield {
      kind: 'refused',
      at: pointAt(folder, left.at),
      message: `host ${host.host} may hold at ${wayTo(host)} what ${host.shard} was given, and ${left.how}: that switch would go on forwarding, whatever is revoked or in quarantine`,
      found: left.found,
      allowed: `${left.was}; or take the host and what is on it away (apply --prune all), sync, which empties the switch, and declare it anew; or, where that switch is off for good or never was, say so first: isoledger gone ${host.host} --shard ${host.shard} --reason TEXT`,
    };
  }
}

function isOfSwitch({ shards, formerShards }: Directory, { shard: name }: Host): boolean {
  const shard = shards.get(name) ?? formerShards.get(name);
  return shard !== undefined && isOfSwitches(shard);
}

interface Left {
  readonly at: DomainPlace;
  readonly how: string;
  readonly found: string;
  readonly was: string;
}

/** How a switch would be left behind; undefined where it would not. A host does not change its shard: that is refused elsewhere. */
function leftBehind(host: Host, { hosts, shards }: Directory): Left | undefined {
  const shard = shards.get(host.shard);
  if (shard !== undefined && !isOfSwitches(shard))
    return {
      at: { kind: 'Shard', name: shard.shard, path: ['overlay'] },
      how: `would be driven by the overlay ${shard.overlay}`,
      ...{ found: shard.overlay, was: 'the overlay that the shard has' },
    };
  const now = hosts.get(host.host);
  if (now?.shard !== host.shard || now.ovsdb === host.ovsdb) return undefined;
  return {
    at: { kind: 'Host', name: host.host, path: ['ovsdb'] },
    how: `would be driven at ${wayTo(now)}`,
    ...{ found: wayTo(now), was: wayTo(host) },
  };
}

function wayTo({ ovsdb }: Host): string {
  return ovsdb ?? 'nothing';
}
