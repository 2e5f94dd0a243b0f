import { expect } from 'vitest';
import { digestOfObjects, keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { deltaOf } from '../../../src/overlay/delta.ts';
import { Fenced, MarkDiffers, OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type {
  ExpectedSet,
  HeldSet,
  HostChange,
  HostReading,
  Mark,
  OverlayDriver,
} from '../../../src/overlay/port.ts';
import { ForeignState } from '../../../src/runtime/errors.ts';
import { expectedSet, markOf, step, wholeSet, type Target } from '../../support/host-change.ts';
import type { HostPlace, OverlayUnderTest } from './under-test.ts';
import { WatchedHost } from './watched-host.ts';

const faults = { Fenced, ForeignState, MarkDiffers, OverlayUnavailable };

export type HostFaultName = keyof typeof faults;

/** The sets that hosts of an overlay were given so far, by mark. */
const givenSets = new WeakMap<OverlayUnderTest, Map<string, ExpectedSet>>();

/**
 * A host in a test's words. Only this file calls the driver, so that a change of the port is made here and not in every
 * test. The driver is made anew for each call: nothing may depend on what an earlier one remembered.
 */
export class Host {
  readonly at: HostPlace;
  readonly #overlay: OverlayUnderTest;
  readonly #ledger: string;
  readonly #given: Map<string, ExpectedSet>;

  constructor(overlay: OverlayUnderTest, of: Partial<HostPlace & { ledger: string }> = {}) {
    const { ledger = 'ledger-1', shard = 'shard-1', host = 'hv-1' } = of;
    this.#overlay = overlay;
    this.#ledger = ledger;
    this.#given = givenSets.get(overlay) ?? new Map<string, ExpectedSet>();
    givenSets.set(overlay, this.#given);
    this.at = { shard, host };
  }

  /** The same host, as another ledger's driver reaches it. */
  ofLedger(ledger: string): Host {
    return new Host(this.#overlay, { ...this.at, ledger });
  }

  /** Gives the host a whole set, whatever it holds; the answer must be what it then holds. */
  async takes(target: Target): Promise<void> {
    await this.#takes(wholeSet(target), target);
  }

  /** Gives the host a whole set on condition that it holds nothing. */
  async takesFirst(target: Target): Promise<void> {
    await this.#takes({ ...wholeSet(target), from: 'nothing' }, target);
  }

  /** Leads the host on from the set of one plan to that of another; it must then hold the latter. */
  async isLedOn(from: Target, to: Target): Promise<void> {
    await this.#takes(step(from, to), to);
  }

  /** The same, where the host does not hold what its mark says: what comes of it is for the test to say. */
  async isLedOnBlindly(from: Target, to: Target): Promise<void> {
    expect(await this.#apply(step(from, to))).toEqual(holdingOf(to));
  }

  /** Gives the host a whole set that it must refuse. */
  async refuses(target: Target, fault: HostFaultName): Promise<void> {
    await this.#refuses(wholeSet(target), fault);
  }

  async refusesFirst(target: Target, fault: HostFaultName): Promise<void> {
    await this.#refuses({ ...wholeSet(target), from: 'nothing' }, fault);
  }

  /** Gives the host a change that it must refuse. Its mark may be given apart from the set that it stands for. */
  async refusesToBeLedOn(
    { mark, ...from }: Target & { mark?: Mark },
    to: Target,
    fault: HostFaultName,
  ): Promise<void> {
    const change = step(from, to);
    await this.#refuses(mark === undefined ? change : { ...change, from: mark }, fault);
  }

  /** Gives the host several sets at once, whatever comes of each. */
  async takesAtOnce(...targets: readonly Target[]): Promise<void> {
    await Promise.allSettled(targets.map((target) => this.#apply(wholeSet(target))));
  }

  /** Leads the host on to several sets at once, whatever comes of each. */
  async isLedOnAtOnce(from: Target, ...targets: readonly Target[]): Promise<void> {
    await Promise.allSettled(targets.map((to) => this.#apply(step(from, to))));
  }

  /** Holds a set, and says so. */
  async holds(target: Target): Promise<void> {
    expect(await this.#driver().mark(this.at.host)).toEqual({ kind: 'marked', ...holdingOf(target) });
    await this.holdsUnder(markOf(target), target.objects);
  }

  /** Holds objects, and says that it holds a plan. Compared with any set, it is told exactly what differs. */
  async holdsUnder(mark: Mark, objects: readonly OverlayObject[]): Promise<void> {
    const found = [...objectsByKey(objects).values()];
    const digest = digestOfObjects(found);
    expect(await this.#driver().mark(this.at.host)).toMatchObject({ kind: 'marked', ...mark });
    for (const others of [found, [], [...found.slice(1), ...beside], found.toReversed()]) {
      const delta = deltaOf(objectsByKey(others), found);
      const reading = await this.#read(others);
      expect(reading).toEqual({ kind: 'objects', mark, digest, objects: found.length, delta });
    }
  }

  async holdsNothing(): Promise<void> {
    expect(await this.#driver().mark(this.at.host)).toEqual({ kind: 'nothing' });
    expect(await this.#read([])).toEqual({ kind: 'nothing' });
  }

  /** Holds something that the driver cannot read, and says what is wrong with it. */
  async isUnreadable(): Promise<void> {
    const reading = await this.#read([]);
    expect(reading.kind === 'unreadable' ? reading.problem : '').toMatch(/\w+ \w+/);
  }

  /** Has no mark that could be led on from, though something is there. */
  async isUnmarked(): Promise<void> {
    expect(await this.#driver().mark(this.at.host)).toMatchObject({ kind: 'unreadable' });
    await this.isUnreadable();
  }

  async refusesToBeRead(fault: HostFaultName): Promise<void> {
    await expect(this.#driver().mark(this.at.host)).rejects.toThrow(faults[fault]);
    await expect(this.#read([])).rejects.toThrow(faults[fault]);
  }

  /** Watches the host until the test ends that, or is over. */
  async watched(stop = new AbortController()): Promise<WatchedHost> {
    const changes = await this.#driver().watch?.(this.at.host, stop.signal);
    if (changes === undefined) throw new Error('a driver that cannot tell');
    return new WatchedHost(changes, { host: this.at.host, stop });
  }

  async refusesToBeWatched(fault: HostFaultName): Promise<void> {
    await expect(this.watched()).rejects.toThrow(faults[fault]);
  }

  /** How much work it is to read the mark, and to lead the host on. */
  async workOf(what: 'mark' | { from: Target; to: Target }): Promise<number> {
    const driver = this.#driver();
    const before = this.#overlay.work();
    if (what === 'mark') await driver.mark(this.at.host);
    else await this.#apply(step(what.from, what.to));
    return this.#overlay.work() - before;
  }

  async #takes(change: HostChange, target: Target): Promise<void> {
    expect(await this.#apply(change)).toEqual(holdingOf(target));
    await this.holds(target);
  }

  async #refuses(change: HostChange, fault: HostFaultName): Promise<void> {
    await expect(this.#apply(change)).rejects.toThrow(faults[fault]);
  }

  #apply(change: HostChange): Promise<HeldSet> {
    this.#given.set(nameOf(change), expectedSet([...change.after.values()], this.#at));
    return this.#driver().apply(this.at.host, change);
  }

  #read(objects: readonly OverlayObject[]): Promise<HostReading> {
    return this.#driver().read(this.at.host, expectedSet(objects, this.#at));
  }

  readonly #at = (mark: Mark): ExpectedSet | undefined => this.#given.get(nameOf(mark));

  #driver(): OverlayDriver {
    return this.#overlay.driver({ ledger: this.#ledger, shard: this.at.shard });
  }
}

function nameOf({ plan, digest }: Mark): string {
  return `${String(plan)} ${digest}`;
}

/** What a host is compared with beside what it holds: an object that it lacks. */
const beside: readonly OverlayObject[] = [{ kind: 'network', vni: 16_000_000, segment: 'nobody/else' }];

function holdingOf(target: Target): Mark & { objects: number } {
  return { ...markOf(target), objects: objectsByKey(target.objects).size };
}

/** The same set without one object. */
export function without({ objects, ...target }: Target, lost: OverlayObject): Target {
  return { ...target, objects: objects.filter((object) => keyOf(object) !== keyOf(lost)) };
}

/** Objects, and the same but for one. */
export function lacking(
  objects: readonly OverlayObject[],
  lost: OverlayObject,
): { before: readonly OverlayObject[]; after: readonly OverlayObject[] } {
  return { before: objects, after: without({ plan: 1, objects }, lost).objects };
}
