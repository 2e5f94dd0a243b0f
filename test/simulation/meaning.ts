import { ofKind } from '../bench/estate/documents.ts';
import type { Seat } from './expectation.ts';
import type { Judged } from './plain/allowance.ts';
import { longestMatch } from './plain/addresses.ts';
import { isNothing, type Traffic } from './plain/traffic.ts';
import type { World } from './world.ts';

/** What documents mean now for single packets: what is authorised, and which addresses are whose, as who sees it. */
export class Meaning {
  readonly #world: World;
  readonly #judged: Judged;
  readonly #prefixes: ReadonlyMap<string, readonly string[]>;
  readonly #partners = new Map<string, ReadonlySet<string>>();

  constructor(world: World) {
    this.#world = world;
    this.#judged = { edition: world.expectation.now, instant: world.instant };
    const externals = ofKind(world.expectation.now.documents, 'External');
    this.#prefixes = new Map(externals.map(({ external, cidrs }) => [external, cidrs]));
  }

  authorised(from: string, to: string): Traffic {
    return this.#world.allowance.between(this.#judged, from, to);
  }

  /**
   * Whether an address is somebody's, as an end sees it: endpoints with which it may exchange packets come first. To that end, and from
   * there, it stands for nobody else.
   */
  isOf({ end, ips }: Seat, { seenFrom, address }: { seenFrom: string; address: string }): boolean {
    if (!isExternal(end)) return ips.includes(address);
    return this.#holderOf(address) === end && !this.#isPartners(seenFrom, address);
  }

  /** The external with the longest prefix for an address. */
  #holderOf(address: string): string | undefined {
    const lengths = Array.from(this.#prefixes, ([name, prefixes]) => ({
      name,
      length: longestMatch(prefixes, address),
    }));
    const [longest] = lengths.sort((one, other) => other.length - one.length);
    return longest === undefined || longest.length < 0 ? undefined : longest.name;
  }

  #isPartners(seenFrom: string, address: string): boolean {
    const partners = this.#partnersOf(seenFrom);
    return ofKind(this.#judged.edition.documents, 'Endpoints').some(({ tenant, endpoints }) =>
      endpoints.some(
        ({ segment, ip }) => partners.has(`${tenant}/${segment}`) && [ip].flat().includes(address),
      ),
    );
  }

  /** Whom an end may exchange packets with, itself included, as if nobody were in quarantine. */
  #partnersOf(end: string): ReadonlySet<string> {
    const known = this.#partners.get(end);
    if (known !== undefined) return known;
    const { allowance } = this.#world;
    const ends = ofKind(this.#judged.edition.documents, 'Tenant').flatMap(({ tenant, segments }) =>
      segments.map((segment) => `${tenant}/${segment}`),
    );
    const partners = ends.filter(
      (other) =>
        other === end ||
        !isNothing(allowance.agreed(this.#judged, end, other)) ||
        !isNothing(allowance.agreed(this.#judged, other, end)),
    );
    this.#partners.set(end, new Set(partners));
    return new Set(partners);
  }
}

function isExternal(end: string): boolean {
  return !end.includes('/');
}
