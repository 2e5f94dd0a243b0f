import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { host, shard } from './documents.ts';
import { corrected, drift, foundInstead, notTold } from './drift.ts';
import { History } from './history.ts';
import { objects } from './small-estate.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);
const shards = ['east', 'west'] as const;
type Shard = (typeof shards)[number];
const deeds = [
  ...['come', 'retire', 'clear', 'gone', 'plan', 'plan', 'acknowledge', 'acknowledge', 'correct'],
  ...['objects', 'objects', 'objects', 'nothing', 'unreadable', 'foreign', 'false'],
] as const;

interface Deed {
  readonly deed: string;
  readonly at: Shard;
  /** What is planned, or found: objects by their places in a list. */
  readonly some: readonly OverlayObject[];
  readonly parts: number;
}

const anyDeed: fc.Arbitrary<Deed> = fc.record({
  deed: fc.constantFrom(...deeds),
  at: fc.constantFrom(...shards),
  some: fc.subarray([...objects]),
  parts: fc.integer({ min: 1, max: 2 }),
});

/** A set that the host may hold, of a plan or found there; `isDriven` if a plan that comes changes it. */
interface PlainSet {
  readonly shard: Shard;
  readonly plan: number;
  readonly objects: readonly OverlayObject[];
  readonly isFound: boolean;
  readonly isDriven: boolean;
  readonly isFormer: boolean;
}

/** One host, and every set that it may hold as the ledger tells, each written out: the rule of the observed lane, without any short cut. */
class PlainTale {
  readonly history = new History().record(...shards.map((name) => shard(name)));
  sets: PlainSet[] = [];
  #home: Shard | undefined;
  #isAside = false;
  readonly #leaving = new Set<Shard>();
  readonly #drifts = new Set<Shard>();
  /** By shard, what the host acknowledged last, and what was planned since. */
  readonly #acknowledged = new Map<Shard, number>();
  readonly #plans = new Map<Shard, (readonly OverlayObject[])[]>(shards.map((name) => [name, [[]]]));

  do({ deed, at, some, parts }: Deed): void {
    switch (deed) {
      case 'come': {
        this.#come(at);
        return;
      }
      case 'retire': {
        this.#retire(at);
        return;
      }
      case 'clear': {
        this.#clear(at);
        return;
      }
      case 'gone': {
        this.#lose(at);
        return;
      }
      case 'plan': {
        this.#plan(at, some);
        return;
      }
      case 'acknowledge': {
        this.#acknowledge(at);
        return;
      }
      case 'correct': {
        this.#correct(at);
        return;
      }
      default: {
        this.#find({ deed, at, some, parts });
        return;
      }
    }
  }

  #setOf(at: Shard, plan: number): readonly OverlayObject[] {
    return this.#plans.get(at)?.[plan] ?? [];
  }

  #add(of: Partial<PlainSet> & Pick<PlainSet, 'shard' | 'plan' | 'objects'>): void {
    this.sets.push({ isFound: false, isDriven: false, isFormer: false, ...of });
  }

  #come(at: Shard): void {
    if (this.#home === at) return;
    this.#isAside = false;
    this.history.record(host('h', '172.31.0.1', at));
    this.#leaving.delete(at);
    if (this.sets.length === 0) this.#add({ shard: at, plan: 0, objects: [] });
    this.sets = this.sets.map((set) => ({
      ...set,
      isDriven: false,
      isFormer: set.shard !== at && (set.plan > 0 || set.isFound) && this.#leaving.has(set.shard),
    }));
    const plan = this.history.planNumber(at);
    this.#add({ shard: at, plan, objects: this.#setOf(at, plan) });
    this.#home = at;
  }

  #retire(at: Shard): void {
    if (this.#home !== at) return;
    this.history.record({ type: 'HostRetired', data: { shard: at, host: 'h' } });
    this.#home = undefined;
    if (!this.#isAside) this.#leaving.add(at);
    this.#isAside = false;
    this.sets = this.sets.map((set) => ({ ...set, isDriven: false }));
    this.#add({ shard: at, plan: 0, objects: [] });
    if (this.#leaving.size === 0) this.sets = [];
  }

  #clear(at: Shard): void {
    if (!this.#leaving.delete(at)) return;
    const evidence = { driver: 'memory', objects: 0 };
    const digest = digestOfObjects([]);
    this.history.record({ type: 'HostCleared', data: { shard: at, host: 'h', digest, evidence } });
    this.#empty(at);
  }

  #empty(at: Shard): void {
    this.#drifts.delete(at);
    this.sets = this.sets.filter((set) => set.shard !== at || (set.plan === 0 && !set.isFound));
    if (this.#home === undefined && this.#leaving.size === 0) this.sets = [];
  }

  #lose(at: Shard): void {
    if (this.#home !== at && !this.#leaving.has(at)) return;
    this.history.record({ type: 'HostGone', data: { shard: at, host: 'h' } });
    this.#leaving.delete(at);
    this.#empty(at);
    if (this.#home !== at) return;
    this.#isAside = true;
    this.#add({ shard: at, plan: 0, objects: [] });
  }

  #plan(at: Shard, wanted: readonly OverlayObject[]): void {
    const before = objectsByKey(this.history.planned(at));
    this.history.plan(wanted, at);
    this.#plans.get(at)?.push(wanted);
    const plan = this.history.planNumber(at);
    if (this.#home !== at || this.#isAside) return;
    for (const set of this.sets.filter(({ isDriven, shard: of }) => isDriven && of === at)) {
      this.sets = this.sets.map((one) => (one === set ? { ...one, isDriven: false } : one));
      this.#add({ ...set, plan, objects: after(set.objects, [...before.keys()], wanted) });
    }
    this.#add({ shard: at, plan, objects: wanted });
  }

  #acknowledge(at: Shard): void {
    const plan = this.history.planNumber(at);
    if (this.#home !== at || this.#isAside || plan === 0) return;
    this.history.acknowledge(['h'], at);
    this.#acknowledged.set(at, plan);
    for (const other of shards) if (other !== at && !this.#leaving.has(other)) this.#drifts.delete(other);
    this.sets = this.sets.filter((set) =>
      set.shard === at
        ? set.plan >= plan
        : set.plan + Number(set.isFound) > 0 && this.#leaving.has(set.shard),
    );
  }

  #correct(at: Shard): void {
    const plan = this.#acknowledged.get(at) ?? 0;
    if (plan === 0 || !this.#isKnown(at, plan) || (this.#home !== at && !this.#leaving.has(at))) return;
    this.history.record(corrected('h', this.#setOf(at, plan), { shard: at, plan }));
    this.#drifts.delete(at);
    this.sets = this.sets.filter((set) => set.shard !== at || !set.isFound);
  }

  #isKnown(at: Shard, plan: number): boolean {
    return this.sets.some((set) => set.shard === at && set.plan === plan && !set.isFound);
  }

  #find({ deed, at, some, parts }: Deed): void {
    const acknowledged = this.sets.filter((set) => set.shard === at && !set.isFound);
    const plan = Math.min(...acknowledged.map((set) => set.plan));
    if (acknowledged.length === 0) return;
    this.history.record(...this.#told({ deed, at, some, parts }, plan));
    const isTold = deed === 'objects' || deed === 'nothing';
    if (isTold || deed === 'foreign') this.sets = this.sets.filter((set) => set.shard !== at || !set.isFound);
    this.#drifts.add(at);
    if (!isTold) return;
    const last = this.history.planNumber(at);
    const isFormer = acknowledged.some((set) => set.isFormer);
    const isDriven = deed === 'objects' && this.#home === at && !this.#isAside;
    const first = deed === 'objects' && plan > 0 ? plan : last;
    const reached =
      deed === 'objects'
        ? Math.max(first, isDriven ? last : 0, ...acknowledged.map((set) => set.plan))
        : first;
    let held: readonly OverlayObject[] = deed === 'objects' ? some : [];
    for (let step = first; step <= reached; step += 1) {
      if (step > first) held = after(held, this.#setOf(at, step - 1).map(keyOf), this.#setOf(at, step));
      this.#add({
        shard: at,
        plan: step,
        objects: held,
        isFound: true,
        isFormer,
        isDriven: isDriven && step === reached,
      });
    }
  }

  #told({ deed, at, some, parts }: Deed, plan: number): DomainEvent[] {
    const drifted = { host: 'h', shard: at, plan, acknowledged: this.#setOf(at, plan), found: some };
    switch (deed) {
      case 'objects':
        return foundInstead(drifted, parts);
      case 'nothing':
        return [drift('h', at)];
      case 'false':
        return foundInstead({ ...drifted, found: [...some, { kind: 'route', from: 8, to: 9 }] }, 1).map(
          withoutRoute,
        );
      default:
        return [notTold('h', deed === 'foreign' ? deed : 'unreadable', { shard: at, plan })];
    }
  }
}

/** The event without the part that its digest needs. */
function withoutRoute(event: DomainEvent): DomainEvent {
  if (event.type !== 'DriftDetected') return event;
  const put = event.data.put.filter((object) => object.kind !== 'route' || object.from !== 8);
  return { type: event.type, data: { ...event.data, put } };
}

/** A set after the step from one plan to another, of which the second one puts all of its objects. */
function after(
  held: readonly OverlayObject[],
  before: readonly string[],
  wanted: readonly OverlayObject[],
): readonly OverlayObject[] {
  const set = objectsByKey(held);
  const kept = new Set(wanted.map(keyOf));
  for (const key of before) if (!kept.has(key)) set.delete(key);
  for (const object of wanted) if (!before.includes(keyOf(object))) set.set(keyOf(object), object);
  return [...set.values()];
}

function textOf(held: Iterable<OverlayObject>, isFormer: boolean): string {
  return `${isFormer ? 'former ' : ''}${digestOfObjects(held)}`;
}

/** What a former shard left empty lets nothing through, and is not told apart. */
function isToldApart({ isFormer, objects: held }: Pick<PlainSet, 'isFormer' | 'objects'>): boolean {
  return !isFormer || held.length > 0;
}

test('given whatever happens to a host, it may hold what it was found to hold, and what each plan makes of that, as the rule says', () => {
  fc.assert(
    fc.property(fc.array(anyDeed, { minLength: 4, maxLength: 16 }), (tale) => {
      const plain = new PlainTale();
      for (const deed of tale) {
        plain.do(deed);
        const { hosts } = plain.history.state(undefined, 'observed');
        const told = hosts.setsOf('h').map(({ former, ...ref }) => ({
          isFormer: former === true,
          objects: [...hosts.objectsOf(ref).values()],
        }));
        const texts = [told, plain.sets].map((sets) =>
          [...new Set(sets.filter(isToldApart).map((set) => textOf(set.objects, set.isFormer)))].sort(),
        );
        expect(texts[0], JSON.stringify(tale.map((one) => `${one.deed} ${one.at}`))).toEqual(texts[1]);
      }
    }),
    { numRuns: 300 * scale },
  );
});
