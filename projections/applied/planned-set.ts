import {
  keyOf,
  type BindingObject,
  type NetworkObject,
  type OverlayObject,
} from '../../events/overlay-objects.ts';
import { holderOf } from '../../events/names.ts';
import { SetDigest, type SetChange } from '../../events/set-digest.ts';
import { DesiredThen, type DesiredStep } from './desired-then.ts';

/** A planned set as it is written down: the objects bucket by bucket, and of each bucket its number, digest and size. */
export interface KeptSet {
  readonly objects: OverlayObject[];
  readonly buckets: [number: number, digest: string, size: number][];
}

/**
 * The objects that the hosts of a shard are to hold, the networks among them by holder and the bindings by port, and the digest
 * of the set.
 */
export class PlannedSet {
  /** What it holds at first, until it is asked for: most commands ask for none of what was kept. */
  #unread: readonly OverlayObject[] | undefined;
  readonly #objects = new Map<string, OverlayObject>();
  /** By holder (a tenant or an external), its networks by key. */
  readonly #networks = new Map<string, Map<string, NetworkObject>>();
  /** By port (portKey), its bindings by key. */
  readonly #bindings = new Map<string, Map<string, BindingObject>>();
  /** Undefined until it is first asked for. It follows `#unseen` when it is asked for again. */
  #digest: SetDigest | undefined;
  /** What was kept, until the digest is asked for: few commands do. */
  #kept: KeptSet | undefined;
  readonly #unseen = new Set<string>();
  #desired: DesiredThen | undefined;

  private constructor(objects: readonly OverlayObject[]) {
    this.#unread = objects;
  }

  static empty(): PlannedSet {
    return new PlannedSet([]);
  }

  static ofObjects(objects: Iterable<OverlayObject>): PlannedSet {
    return new PlannedSet([...objects]);
  }

  /** Of what was kept, without computing a digest. */
  static of(kept: KeptSet): PlannedSet {
    const set = new PlannedSet(kept.objects);
    set.#kept = kept;
    return set;
  }

  /** By key. */
  get objects(): ReadonlyMap<string, OverlayObject> {
    this.#read();
    return this.#objects;
  }

  keep(): KeptSet {
    const buckets = this.digest().buckets();
    return {
      objects: buckets.flatMap(([, { keys }]) => [...this.at(keys).put]),
      buckets: buckets.map(([number, { keys, digest }]) => [number, digest, keys.length]),
    };
  }

  /** What the shard was to hold where this set was kept. Undefined where that is not known, or too much was touched since. */
  get desired(): DesiredThen | undefined {
    return this.#desired;
  }

  /** Hears what the shard is to hold as long as this set is as it is now. */
  leadOnTo(step: DesiredStep): void {
    this.#desired = new DesiredThen(step);
  }

  put(object: OverlayObject): void {
    this.#read();
    const key = keyOf(object);
    this.#note(key, this.#enter(key, object));
  }

  /** Returns the object that was taken out, if there was one. */
  remove(key: string): OverlayObject | undefined {
    this.#read();
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    if (object.kind === 'network') withdraw(this.#networks, holderOf(object.segment), key);
    if (object.kind === 'binding') withdraw(this.#bindings, portKey(object), key);
    this.#note(key, object);
    return object;
  }

  *networks(): Generator<NetworkObject> {
    this.#read();
    for (const networks of this.#networks.values()) yield* networks.values();
  }

  /** The networks of a tenant's segments, or of an external. */
  networksOf(holder: string): Iterable<NetworkObject> {
    this.#read();
    return this.#networks.get(holder)?.values() ?? [];
  }

  /** The bindings of a port of a host. There is more than one only while it changes hands. */
  bindingsAt(port: PortAt): Iterable<BindingObject> {
    this.#read();
    return this.#bindings.get(portKey(port))?.values() ?? [];
  }

  /** The digest of the set as it is now, to be read only. */
  digest(): SetDigest {
    const before = this.#digest ?? (this.#kept && digestOfKept(this.#kept));
    this.#kept = undefined;
    before?.apply(this.at(this.#unseen), this.objects);
    this.#unseen.clear();
    this.#digest = before ?? SetDigest.of(this.objects.values());
    return this.#digest;
  }

  /** The step that gives another set what this one has at some keys. Sorted by key. */
  at(keys: Iterable<string>): SetChange {
    const { objects } = this;
    const sorted = [...keys].sort();
    return {
      put: sorted.map((key) => objects.get(key)).filter((object) => object !== undefined),
      removed: sorted.filter((key) => !objects.has(key)),
    };
  }

  #read(): void {
    const unread = this.#unread ?? [];
    this.#unread = undefined;
    for (const object of unread) this.#enter(keyOf(object), object);
  }

  /** Returns the object that was there before. */
  #enter(key: string, object: OverlayObject): OverlayObject | undefined {
    const former = this.#objects.get(key);
    if (former?.kind === 'binding') withdraw(this.#bindings, portKey(former), key);
    this.#objects.set(key, object);
    if (object.kind === 'network') enter(this.#networks, holderOf(object.segment), { key, object });
    if (object.kind === 'binding') enter(this.#bindings, portKey(object), { key, object });
    return former;
  }

  /** Only a digest that is there has changes to follow. */
  #note(key: string, former: OverlayObject | undefined): void {
    if (this.#digest !== undefined || this.#kept !== undefined) this.#unseen.add(key);
    this.#desired?.note(key, former);
    if (isMostOf(this.#objects, this.#desired?.touched ?? 0)) this.#desired = undefined;
  }
}

function digestOfKept({ objects, buckets }: KeptSet): SetDigest {
  let first = 0;
  return SetDigest.ofBuckets(
    buckets.map(([number, digest, size]) => {
      const keys = objects.slice(first, first + size).map(keyOf);
      first += size;
      return [number, { keys, digest }];
    }),
  );
}

/** This many keys are few, whatever the size of the set. */
const fewMax = 256;

/** Whether so many keys are more than half of a set: then to begin anew costs no more than to go on from it. */
export function isMostOf({ size }: { readonly size: number }, keys: number): boolean {
  return keys > Math.max(size / 2, fewMax);
}

type PortAt = Pick<BindingObject, 'host' | 'interface'>;

/** A text that tells ports apart: the name of a host has no space. */
function portKey({ host, interface: port }: PortAt): string {
  return `${host} ${port}`;
}

type Index<Value> = Map<string, Map<string, Value>>;

function enter<Value>(
  index: Index<Value>,
  under: string,
  { key, object }: { key: string; object: Value },
): void {
  const objects = index.get(under);
  if (objects === undefined) index.set(under, new Map([[key, object]]));
  else objects.set(key, object);
}

function withdraw<Value>(index: Index<Value>, under: string, key: string): void {
  const objects = index.get(under);
  objects?.delete(key);
  if (objects?.size === 0) index.delete(under);
}
