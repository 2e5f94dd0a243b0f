import { digestOfObjects, objectsByKey } from '../../events/overlay-objects.ts';
import { OverlayUnavailable } from '../../src/overlay/faults.ts';
import { fenceOf, markOf } from '../../src/overlay/fence.ts';
import type { HostReading, HostState, HostTarget, OverlayDriver } from '../../src/overlay/port.ts';
import { ForeignState } from '../../src/runtime/errors.ts';

/** What befalls the next change of a host: it is not made; it is made, and reported as failed. */
export type DriverFault = 'not-done' | 'done-but-reported-failed';

/** The ledger that drives an overlay in memory where nothing else is said. */
const onlyLedger = 'ledger-1';

/** An overlay of one shard that lives in memory, with faults to order. For tests. */
export class MemoryOverlay implements OverlayDriver {
  readonly name = 'memory';
  readonly hosts = new Map<string, HostState>();
  readonly faults: DriverFault[] = [];
  /** Hosts that cannot be reached. */
  readonly away = new Set<string>();
  /** Hosts that hold something that cannot be read, and what is wrong with it. */
  readonly spoilt = new Map<string, string>();
  /** Called before every change: a test may end the applier here. */
  beforeApply: () => void = () => undefined;
  /** The ledger that drove a host last. A host that a test filled itself is anybody's. */
  readonly #ledgers = new Map<string, string>();

  read(host: string): Promise<HostReading> {
    return this.driverOf(onlyLedger).read(host);
  }

  apply(host: string, target: HostTarget): Promise<HostState> {
    return this.driverOf(onlyLedger).apply(host, target);
  }

  /** Leaves at a host what it holds, as another ledger's. */
  giveTo(host: string, ledger: string): void {
    this.#ledgers.set(host, ledger);
  }

  /** The driver with which a ledger reaches these hosts. */
  driverOf(ledger: string): OverlayDriver {
    return {
      name: this.name,
      read: (host) => Promise.try(() => this.#read(host, ledger)),
      apply: (host, target) => Promise.try(() => this.#apply(host, { ledger, ...target })),
    };
  }

  #read(host: string, ledger: string): HostReading {
    if (this.away.has(host)) throw new OverlayUnavailable(`${host} is away`);
    const problem = this.spoilt.get(host);
    if (problem !== undefined) return { kind: 'unreadable', problem };
    const state = this.hosts.get(host);
    if (state === undefined) return { kind: 'nothing' };
    const holder = this.#ledgers.get(host) ?? ledger;
    if (holder !== ledger) throw new ForeignState(host, holder);
    return { kind: 'objects', state };
  }

  #apply(host: string, { ledger, ...target }: HostTarget & { ledger: string }): HostState {
    this.beforeApply();
    const before = this.#read(host, ledger);
    const fence = before.kind === 'objects' ? fenceOf(host, before.state, target) : undefined;
    if (fence !== undefined) throw fence;
    const { plan, objects } = target;
    const fault = this.faults.shift();
    if (fault === 'not-done') throw new OverlayUnavailable(`${host} is away`);
    const set = [...objectsByKey(objects).values()];
    const state = { plan, objects: set, digest: digestOfObjects(set), marked: markOf(target) };
    this.hosts.set(host, state);
    this.#ledgers.set(host, ledger);
    this.spoilt.delete(host);
    if (fault === 'done-but-reported-failed') throw new OverlayUnavailable(`${host} did not answer`);
    return state;
  }
}
