import { keyOf, type NetworkObject, type OverlayObject } from '../../events/overlay-objects.ts';
import { holderOf } from '../../events/names.ts';
import { SetDigest, type SetChange } from '../../events/set-digest.ts';

/** A planned set as it is written down: the objects bucket by bucket, and of each bucket its number, digest and size. */
export interface KeptSet {
  readonly objects: OverlayObject[];
  readonly buckets: [number: number, digest: string, size: number][];
}

/** The objects that the hosts of a shard are to hold, the networks among them by holder, and the digest of the set. */
export class PlannedSet {
  readonly objects: ReadonlyMap<string, OverlayObject>;
  readonly #objects = new Map<string, OverlayObject>();
  /** By holder (a tenant or an external), its networks by key. */
  readonly #networks = new Map<string, Map<string, NetworkObject>>();
  /** Undefined until it is first asked for. It follows `#unseen` when it is asked for again. */
  #digest: SetDigest | undefined;
  readonly #unseen = new Set<string>();

  private constructor(objects: Iterable<OverlayObject>, digest?: SetDigest) {
    this.objects = this.#objects;
    for (const object of objects) this.put(object);
    this.#digest = digest;
  }

  static empty(): PlannedSet {
    return new PlannedSet([]);
  }

  /** Of what was kept, without computing a digest. */
  static of({ objects, buckets }: KeptSet): PlannedSet {
    let first = 0;
    const digest = SetDigest.ofBuckets(
      buckets.map(([number, value, size]) => {
        const keys = objects.slice(first, first + size).map(keyOf);
        first += size;
        return [number, { keys, digest: value }];
      }),
    );
    return new PlannedSet(objects, digest);
  }

  keep(): KeptSet {
    const buckets = this.digest().buckets();
    return {
      objects: buckets.flatMap(([, { keys }]) => [...this.at(keys).put]),
      buckets: buckets.map(([number, { keys, digest }]) => [number, digest, keys.length]),
    };
  }

  put(object: OverlayObject): void {
    const key = keyOf(object);
    this.#objects.set(key, object);
    if (object.kind === 'network') this.#enter(key, object);
    this.#note(key);
  }

  /** Returns the object that was taken out, if there was one. */
  remove(key: string): OverlayObject | undefined {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    if (object.kind === 'network') this.#withdraw(key, holderOf(object.segment));
    this.#note(key);
    return object;
  }

  *networks(): Generator<NetworkObject> {
    for (const networks of this.#networks.values()) yield* networks.values();
  }

  /** The networks of a tenant's segments, or of an external. */
  networksOf(holder: string): Iterable<NetworkObject> {
    return this.#networks.get(holder)?.values() ?? [];
  }

  /** The digest of the set as it is now, to be read only. */
  digest(): SetDigest {
    if (this.#digest === undefined) this.#digest = SetDigest.of(this.#objects.values());
    else this.#digest.apply(this.at(this.#unseen), this.#objects);
    this.#unseen.clear();
    return this.#digest;
  }

  /** The step that gives another set what this one has at some keys. Sorted by key. */
  at(keys: Iterable<string>): SetChange {
    const sorted = [...keys].sort();
    return {
      put: sorted.map((key) => this.#objects.get(key)).filter((object) => object !== undefined),
      removed: sorted.filter((key) => !this.#objects.has(key)),
    };
  }

  /** Only a digest that is there has changes to follow. */
  #note(key: string): void {
    if (this.#digest !== undefined) this.#unseen.add(key);
  }

  #enter(key: string, network: NetworkObject): void {
    const holder = holderOf(network.segment);
    const networks = this.#networks.get(holder);
    if (networks === undefined) this.#networks.set(holder, new Map([[key, network]]));
    else networks.set(key, network);
  }

  #withdraw(key: string, holder: string): void {
    const networks = this.#networks.get(holder);
    networks?.delete(key);
    if (networks?.size === 0) this.#networks.delete(holder);
  }
}
