import { digestOfObjects, objectsByKey, type OverlayObject } from '../../events/overlay-objects.ts';
import { deltaOf, objectsAfter } from '../../src/overlay/delta.ts';
import { OverlayUnavailable } from '../../src/overlay/faults.ts';
import { refusalOf } from '../../src/overlay/fence.ts';
import type {
  DropCount,
  ExpectedSet,
  HeldSet,
  HostChange,
  HostMark,
  HostReading,
  OutsideChange,
  OverlayDriver,
} from '../../src/overlay/port.ts';
import { watchHost, type Happenings } from '../../src/overlay/watching.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { ForeignState } from '../../src/runtime/errors.ts';

/** What befalls the next change of a host: it is not made; it is made, and reported as failed. */
export type DriverFault = 'not-done' | 'done-but-reported-failed';

/** The ledger that drives an overlay in memory where nothing else is said. */
const onlyLedger = 'ledger-1';

const nothing: ReadonlyMap<string, OverlayObject> = new Map();

/** What a host in memory holds: objects, and the mark that says what they should be. */
export interface HostState {
  readonly mark: HeldSet;
  readonly objects: ReadonlyMap<string, OverlayObject>;
}

/** A host that holds a set, marked as such. */
export function hostState(plan: number, objects: readonly OverlayObject[]): HostState {
  const byKey = objectsByKey(objects);
  return { mark: { plan, digest: digestOfObjects(objects), objects: byKey.size }, objects: byKey };
}

/** An overlay of one shard that lives in memory, with faults to order. For tests. */
export class MemoryOverlay implements OverlayDriver {
  readonly name = 'memory';
  readonly hosts = new Map<string, HostState>();
  readonly faults: DriverFault[] = [];
  /** Hosts that cannot be reached. */
  readonly away = new Set<string>();
  /** Hosts that hold something that cannot be read, and what is wrong with it. */
  readonly spoilt = new Map<string, string>();
  /** Called before every change, which waits for what is returned: a test may end the applier here, or let a host be slow. */
  beforeApply: (host: string) => void | Promise<void> = () => undefined;
  /** What was asked of hosts, in order: `mark hv-1`, `read hv-1`, `apply hv-1`. */
  readonly calls: string[] = [];
  /** The changes that were asked for, in order. */
  readonly changes: HostChange[] = [];
  /** How many marks and objects were read and written so far. */
  work = 0;
  /** The ledger that drove a host last. A host that a test filled itself is anybody's. */
  readonly #ledgers = new Map<string, string>();

  /** What hosts counted of the packets that they dropped. They do not count unless `count` was called. */
  readonly dropped = new Map<string, readonly DropCount[]>();
  drops?: NonNullable<OverlayDriver['drops']>;

  readonly #watchers = new Set<{ readonly host: string; readonly happenings: Happenings }>();

  /** Lets those who watch a host hear of something, as a test that changes it does. */
  tell(host: string, what: string): void {
    for (const watcher of this.#watchers) if (watcher.host === host) watcher.happenings.tell(what);
  }

  /** Hosts count from now on. */
  count(): void {
    this.drops = (host) =>
      Promise.try(() => {
        this.calls.push(`drops ${host}`);
        this.#mark(host, onlyLedger);
        return this.dropped.get(host) ?? [];
      });
  }

  mark(host: string): Promise<HostMark> {
    return this.driverOf(onlyLedger).mark(host);
  }

  read(host: string, expected: ExpectedSet): Promise<HostReading> {
    return this.driverOf(onlyLedger).read(host, expected);
  }

  apply(host: string, change: HostChange): Promise<HeldSet> {
    return this.driverOf(onlyLedger).apply(host, change);
  }

  watch(host: string, signal: AbortSignal): Promise<AsyncIterable<OutsideChange>> {
    return this.#watch(host, { ledger: onlyLedger, signal });
  }

  /** Leaves at a host what it holds, as another ledger's. */
  giveTo(host: string, ledger: string): void {
    this.#ledgers.set(host, ledger);
  }

  /** The driver with which a ledger reaches these hosts. */
  driverOf(ledger: string): OverlayDriver {
    const call = (what: string, host: string): void => {
      this.calls.push(`${what} ${host}`);
    };
    return {
      name: this.name,
      mark: (host) =>
        Promise.try(() => {
          call('mark', host);
          return this.#mark(host, ledger);
        }),
      read: (host, expected) =>
        Promise.try(() => {
          call('read', host);
          return this.#read(host, { ledger, expected });
        }),
      apply: async (host, change) => {
        call('apply', host);
        this.changes.push(change);
        await this.beforeApply(host);
        return this.#apply(host, { ledger, change });
      },
      watch: (host, signal) => this.#watch(host, { ledger, signal }),
    };
  }

  #watch(
    host: string,
    { ledger, signal }: { ledger: string; signal: AbortSignal },
  ): Promise<AsyncIterable<OutsideChange>> {
    return watchHost({
      host,
      clock: systemClock,
      signal,
      mark: () => Promise.try(() => this.#mark(host, ledger)),
      listen: (happenings, until) =>
        Promise.try(() => {
          const watcher = { host, happenings };
          this.#watchers.add(watcher);
          until.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
          return {};
        }),
    });
  }

  #mark(host: string, ledger: string): HostMark {
    if (this.away.has(host)) throw new OverlayUnavailable(`${host} is away`);
    const problem = this.spoilt.get(host);
    if (problem !== undefined) return { kind: 'unreadable', problem };
    const state = this.hosts.get(host);
    if (state === undefined) return { kind: 'nothing' };
    const holder = this.#ledgers.get(host) ?? ledger;
    if (holder !== ledger) throw new ForeignState(host, holder);
    this.work += 1;
    return { kind: 'marked', ...state.mark };
  }

  #read(host: string, { ledger, expected }: { ledger: string; expected: ExpectedSet }): HostReading {
    const mark = this.#mark(host, ledger);
    const state = this.hosts.get(host);
    if (mark.kind !== 'marked' || state === undefined)
      return mark.kind === 'unreadable' ? mark : { kind: 'nothing' };
    this.work += state.objects.size;
    const delta = deltaOf(expected.objects, state.objects.values());
    const digest = digestOfObjects(state.objects.values());
    const { plan, digest: marked } = state.mark;
    return { kind: 'objects', mark: { plan, digest: marked }, digest, objects: state.objects.size, delta };
  }

  #apply(host: string, { ledger, change }: { ledger: string; change: HostChange }): HeldSet {
    const refusal = refusalOf(host, this.#mark(host, ledger), change);
    if (refusal !== undefined) throw refusal;
    const fault = this.faults.shift();
    if (fault === 'not-done') throw new OverlayUnavailable(`${host} is away`);
    const isWhole = typeof change.from === 'string';
    const before = isWhole ? nothing : (this.hosts.get(host)?.objects ?? nothing);
    const mark = { plan: change.plan, digest: change.digest, objects: change.objects };
    const objects = objectsAfter(before, change);
    this.work += change.put.length + change.removed.length;
    this.hosts.set(host, { mark, objects });
    this.#ledgers.set(host, ledger);
    this.spoilt.delete(host);
    this.tell(host, 'a set was given');
    if (fault === 'done-but-reported-failed') throw new OverlayUnavailable(`${host} did not answer`);
    return mark;
  }
}
