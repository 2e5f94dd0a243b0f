import type { EventDraft } from '../../events/draft.ts';
import { keyOf, overlayObject, type OverlayObject } from '../../events/overlay-objects.ts';
import { z } from 'zod';
import type { Expectation } from './expectation.ts';
import { Broken } from './failures.ts';
import type { Allowance, Judged } from './plain/allowance.ts';
import { isNothing, trafficOf, without } from './plain/traffic.ts';

/** What of a ChangePlanned is looked at here. */
const planned = z.object({
  shard: z.string(),
  plan: z.int(),
  basis: z.int(),
  put: z.array(overlayObject),
  removed: z.array(z.string()),
});

/**
 * The estates that each plan of each shard stands on, as the oracle reads them: the one that it carries out, and where
 * it leaves something that this one does not account for (a plan that only takes away), those of the plan before it.
 */
export class Grounds {
  readonly #expectation: Expectation;
  readonly #allowance: Allowance;
  readonly #sets = new Map<string, ReadonlyMap<string, OverlayObject>>();
  readonly #lists = new Map<string, readonly OverlayObject[]>();
  /** By `shard plan`. */
  readonly #grounds = new Map<string, readonly Judged[]>();

  constructor(expectation: Expectation, allowance: Allowance) {
    this.#expectation = expectation;
    this.#allowance = allowance;
  }

  /** Takes note of the plan in a batch, recorded at an instant. */
  take(events: readonly EventDraft[], instant: string): void {
    const parts = events.flatMap(({ type, data }) => (type === 'ChangePlanned' ? planned.parse(data) : []));
    const [first] = parts;
    if (first === undefined) return;
    const { shard, plan } = first;
    const objects = new Map(this.#sets.get(shard));
    for (const { put, removed } of parts) {
      for (const key of removed) objects.delete(key);
      for (const object of put) objects.set(keyOf(object), object);
    }
    this.#sets.set(shard, objects);
    this.#lists.set(`${shard} ${String(plan)}`, [...objects.values()]);
    const own = this.#carriedOut(first, instant);
    const isAlone = this.#accountsFor(own, objects) && !this.#isCutAtHold(parts);
    const rest = isAlone ? [] : this.of(shard, plan - 1);
    const known = new Map([...rest, own].map((judged) => [spell(judged), judged]));
    this.#grounds.set(`${shard} ${String(plan)}`, [...known.values()]);
  }

  /** The objects of every plan so far, by `shard plan`. */
  get sets(): ReadonlyMap<string, readonly OverlayObject[]> {
    return this.#lists;
  }

  of(shard: string, plan: number): readonly Judged[] {
    return this.#grounds.get(`${shard} ${String(plan)}`) ?? [];
  }

  /** A shard that is held is driven to the past state that it is held at, and to nothing else. */
  #carriedOut({ shard, plan, basis }: z.infer<typeof planned>, instant: string): Judged {
    const held = this.#expectation.held.get(shard);
    if (held === undefined) return { edition: this.#expectation.at(basis), instant };
    if (basis !== Math.max(held.seq, 0))
      throw new Broken(
        `${shard} is held at ${String(held.seq)}, and plan ${String(plan)} drives it to ${String(basis)}`,
      );
    return { edition: this.#expectation.at(held.seq), instant: held.time };
  }

  /** A shard may be held before any plan has led it there: a cut then stands on whatever its hosts held before. */
  #isCutAtHold(parts: readonly z.infer<typeof planned>[]): boolean {
    const isCut = (object: OverlayObject): boolean => object.kind === 'acl' && object.tier === 'quarantine';
    return parts.every(({ shard, put }) => this.#expectation.held.has(shard) && put.every(isCut));
  }

  #accountsFor(judged: Judged, objects: ReadonlyMap<string, OverlayObject>): boolean {
    const { seats } = judged.edition;
    const names = new Map<number, string>();
    for (const object of objects.values())
      if (object.kind === 'network') names.set(object.vni, object.segment);
    return objects.values().every((object) => {
      if (object.kind === 'binding')
        return seats.get(`${object.host} ${object.interface}`)?.end === names.get(object.vni);
      if (object.kind !== 'acl' || object.tier === 'quarantine') return true;
      const agreed = this.#allowance.agreed(judged, object.from, object.to);
      return isNothing(without(trafficOf(object.protocol, object.ports), agreed));
    });
  }
}

function spell({ edition, instant }: Judged): string {
  return `${String(edition.seq)} ${instant}`;
}
