import type { Coverage } from './coverage.ts';
import type { Expectation } from './expectation.ts';
import { Broken } from './failures.ts';
import type { Grounds } from './grounds.ts';
import type { Hosts } from './hosts.ts';
import type { Allowance, Judged } from './plain/allowance.ts';
import { addressesIn, arrivals, type Arrival } from './plain/arrivals.ts';
import { isNothing, nothing, union, without, wordsOf, type Traffic } from './plain/traffic.ts';

/** What the check looks at. */
interface Watched {
  readonly expectation: Expectation;
  readonly hosts: Hosts;
  readonly grounds: Grounds;
  readonly allowance: Allowance;
  readonly coverage: Coverage;
}

/**
 * Watches that no mixture of what hosts hold lets anything by that neither of the states of the two hosts concerned
 * allows. Hosts that somebody tampered with are left out until they are driven again.
 */
export class ReachCheck {
  readonly #watched: Watched;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Throws Broken where packets to or from a host of a shard get by that should not. */
  check(shard: string, host: string): void {
    const { hosts, expectation } = this.#watched;
    const holders = hosts.sound();
    const around = { holders, tunnels: expectation.tunnels, addresses: addressesIn(holders) };
    for (const source of holders) {
      const isChanged = source.shard === shard && source.host === host;
      for (const arrival of arrivals(source, around)) {
        if (isChanged || hostOf(arrival.to) === host) this.#require(arrival);
      }
    }
  }

  #require(arrival: Arrival): void {
    const { from, to, dst, traffic } = arrival;
    const grounds = this.#groundsOf([hostOf(from), hostOf(to)]);
    if (isNothing(without(traffic, this.#allowed(arrival, grounds)))) return;
    const excess = without(traffic, this.#allowedToFormerHolders(arrival, grounds));
    if (isNothing(excess)) {
      this.#watched.coverage.note('met: a port still its former holder');
      return;
    }
    const { seats } = this.#watched.expectation.now;
    const [source, target] = [from, to].map((port) => seats.get(port)?.end ?? 'nobody');
    throw new Broken(
      `${String(source)} (${from}) reaches ${String(target)} (${to}, ${dst}) by ${wordsOf(excess)}, which no state that their hosts hold allows`,
    );
  }

  /** What one of the states allows between those who sit there in that very state. */
  #allowed({ from, to }: Arrival, grounds: readonly Judged[]): Traffic {
    let allowed: Traffic = nothing;
    for (const judged of grounds) {
      const { seats } = judged.edition;
      const [source, target] = [seats.get(from)?.end, seats.get(to)?.end];
      if (source === undefined || target === undefined) continue;
      allowed = union(allowed, this.#watched.allowance.between(judged, source, target));
    }
    return allowed;
  }

  /**
   * The same between those who sit there in any of the states. A port that changes hands belongs to its former holder
   * until its host is told, and others who are told sooner take it for that: only who sits where is of different states.
   */
  #allowedToFormerHolders({ from, to }: Arrival, grounds: readonly Judged[]): Traffic {
    const sitting = (port: string): Set<string> =>
      new Set(grounds.flatMap(({ edition }) => edition.seats.get(port)?.end ?? []));
    let allowed: Traffic = nothing;
    for (const judged of grounds)
      for (const source of sitting(from))
        for (const target of sitting(to))
          allowed = union(allowed, this.#watched.allowance.between(judged, source, target));
    return allowed;
  }

  #groundsOf(names: readonly string[]): Judged[] {
    const { hosts, grounds } = this.#watched;
    return hosts
      .sound()
      .filter(({ host }) => names.includes(host))
      .flatMap(({ shard, plan }) => grounds.of(shard, plan));
  }
}

function hostOf(port: string): string {
  return port.split(' ', 1).join('');
}
