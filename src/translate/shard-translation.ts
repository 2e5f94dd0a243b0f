import type { OverlayObject } from '../../events/overlay-objects.ts';
import { tenantOf } from '../../events/names.ts';
import { segmentsOf } from '../../projections/directory/directory.ts';
import { Relation } from '../../projections/fold/relation.ts';
import type { Scope } from '../../projections/intended/consents.ts';
import { endsOf, grantKey, grantsOf, type Grant } from '../../projections/intended/grants.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { Contributions, endName, grantName } from './contributions.ts';
import { objectsOfEnd, objectsOfGrant, ownHosts, type PlacedGrant } from './objects.ts';
import { tellApart } from './told-apart.ts';

/** An intended state, judged at an instant (UTC with milliseconds). */
export interface Judgement {
  readonly intended: Intended;
  readonly at: string;
}

interface EveryGrant {
  readonly changesSeen: number;
  readonly at: string;
  readonly grants: readonly Grant[];
}

/** What a translation consists of: see its fields. */
interface Parts {
  readonly set: Contributions;
  readonly grants: Relation<string>;
  readonly ends: Relation<string>;
  readonly externals: Map<string, readonly OverlayObject[]>;
}

/** Kept per Intended object: the shards of an estate are translated one after the other, from the same grants. */
const kept = new WeakMap<Intended, EveryGrant>();

function everyGrant({ intended, at }: Judgement): readonly Grant[] {
  const changesSeen = intended.changes.end;
  const known = kept.get(intended);
  if (known?.changesSeen === changesSeen && known.at === at) return known.grants;
  const grants = [...grantsOf(intended, { at })];
  kept.set(intended, { changesSeen, at, grants });
  return grants;
}

/**
 * The objects that every host of a shard is to hold (see desiredObjects). To follow a change costs in proportion to
 * the changed tenants, however large the estate is.
 *
 * The objects are contributions of each end, of each grant and of the shard's own hosts. A change of a tenant can
 * concern its own ends, its grants, and the ends of other shards that came or went with such a grant.
 */
export class ShardTranslation {
  readonly #shard: string;
  readonly #set: Contributions;
  /** By end, its grants in this shard, spelt `from to`. */
  readonly #grants: Relation<string>;
  /** By tenant or external, its ends that contribute here. */
  readonly #ends: Relation<string>;
  /**
   * By external, its objects, made when first needed. A change of an external concerns everyone and begins a new
   * translation, so this map never goes out of date.
   */
  readonly #externals: Map<string, readonly OverlayObject[]>;

  private constructor(shard: string, { set, grants, ends, externals }: Parts) {
    this.#shard = shard;
    this.#set = set;
    this.#grants = grants;
    this.#ends = ends;
    this.#externals = externals;
  }

  /** The translation of a whole intended state. */
  static of(shard: string, { intended, at }: Judgement): ShardTranslation {
    const translation = new ShardTranslation(shard, {
      set: new Contributions(),
      grants: new Relation(),
      ends: new Relation(),
      externals: new Map(),
    });
    translation.#set.put('hosts', ownHosts(intended.directory, shard));
    const grants = translation.#placed(everyGrant({ intended, at }), intended);
    for (const grant of grants) translation.#putGrant(grant, intended);
    const ends = new Set(grants.flatMap(({ from, to }) => [from, to]));
    for (const end of intended.vnis.keys()) if (translation.#isOwn(end, intended)) ends.add(end);
    for (const end of ends) translation.#putEnd(end, intended);
    translation.#set.takeTouched();
    return translation;
  }

  /**
   * The translation that came to a set of objects, by key. Hosts must be what they were. Undefined for a set of which that cannot
   * be told.
   */
  static thatCameTo(
    objects: ReadonlyMap<string, OverlayObject>,
    { shard, hosts }: { shard: string; hosts: Intended['directory']['hosts'] },
  ): ShardTranslation | undefined {
    const told = tellApart(objects, (host) => hosts.get(host)?.shard === shard);
    if (told === undefined) return undefined;
    return new ShardTranslation(shard, {
      set: new Contributions(told.contributed),
      grants: new Relation(told.grants),
      ends: new Relation(told.ends),
      externals: new Map(),
    });
  }

  /** A copy that can be changed without touching the original. It is valid until the original is changed. */
  copy(): ShardTranslation {
    return new ShardTranslation(this.#shard, {
      set: new Contributions(this.#set),
      grants: new Relation(this.#grants),
      ends: new Relation(this.#ends),
      externals: this.#externals,
    });
  }

  get(key: string): OverlayObject | undefined {
    return this.#set.get(key);
  }

  keys(): Iterable<string> {
    return this.#set.keys();
  }

  objects(): Iterable<OverlayObject> {
    return this.#set.objects.values().map(({ object }) => object);
  }

  /** Follows a change of some tenants. Returns the keys at which an object may have changed. */
  follow({ intended, at }: Judgement, touched: Scope): ReadonlySet<string> {
    const placed = this.#placed(grantsOf(intended, { at }, touched), intended);
    const grants = new Map(placed.map((grant) => [grantKey(grant), grant]));
    const known = [...touched].flatMap((holder) => [...this.#ends.of(holder)]);
    const concerned = new Set([
      ...known,
      ...[...touched].flatMap((tenant) => segmentsOf(intended.directory, tenant)),
    ]);
    for (const pair of new Set(known.flatMap((end) => [...this.#grants.of(end)]))) {
      for (const end of endsOf(pair)) concerned.add(end);
      if (!grants.has(pair)) this.#removeGrant(pair);
    }
    for (const grant of grants.values()) {
      this.#putGrant(grant, intended);
      concerned.add(grant.from).add(grant.to);
    }
    for (const end of concerned) this.#putEnd(end, intended);
    return this.#set.takeTouched();
  }

  /** The grants with an end in this shard. */
  #placed(grants: Iterable<Grant>, { vnis }: Intended): PlacedGrant[] {
    return Array.from(grants).flatMap((grant) => {
      const [from, to] = [vnis.get(grant.from), vnis.get(grant.to)];
      if (from === undefined || to === undefined) return [];
      if (from.shard !== this.#shard && to.shard !== this.#shard) return [];
      return [{ ...grant, fromVni: from.vni, toVni: to.vni }];
    });
  }

  #putGrant(grant: PlacedGrant, intended: Intended): void {
    const pair = grantKey(grant);
    for (const end of [grant.from, grant.to]) this.#grants.add(end, pair);
    this.#set.put(grantName(pair), objectsOfGrant(grant, { isOwn: (end) => this.#isOwn(end, intended) }));
  }

  #removeGrant(pair: string): void {
    for (const end of endsOf(pair)) this.#grants.remove(end, pair);
    this.#set.put(grantName(pair), []);
  }

  #putEnd(end: string, intended: Intended): void {
    const vni = intended.vnis.get(end)?.vni;
    const isOwn = this.#isOwn(end, intended);
    const holder = tenantOf(end) ?? end;
    if (vni === undefined || (!isOwn && this.#grants.count(end) === 0)) {
      this.#ends.remove(holder, end);
      this.#set.put(endName(end), []);
    } else {
      this.#ends.add(holder, end);
      this.#set.put(endName(end), this.#objectsOf(intended, { end, vni, isOwn }));
    }
  }

  #objectsOf(intended: Intended, at: { end: string; vni: number; isOwn: boolean }): readonly OverlayObject[] {
    const isExternal = tenantOf(at.end) === undefined;
    const objects = (isExternal ? this.#externals.get(at.end) : undefined) ?? objectsOfEnd(intended, at);
    if (isExternal) this.#externals.set(at.end, objects);
    return objects;
  }

  #isOwn(end: string, { vnis }: Intended): boolean {
    return vnis.get(end)?.shard === this.#shard;
  }
}
