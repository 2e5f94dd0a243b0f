import { expect } from 'vitest';
import { digestOfObjects, keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { Fenced, OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { HostState, HostTarget, OverlayDriver } from '../../../src/overlay/port.ts';
import { ForeignState } from '../../../src/runtime/errors.ts';
import type { HostPlace, OverlayUnderTest } from './under-test.ts';

const faults = { Fenced, ForeignState, OverlayUnavailable };

/**
 * A host in a test's words. Only this file calls the driver, so that a change of the port is made here and not in every
 * test. The driver is made anew for each call: nothing may depend on what an earlier one remembered.
 */
export class Host {
  readonly at: HostPlace;
  readonly #overlay: OverlayUnderTest;
  readonly #ledger: string;

  constructor(overlay: OverlayUnderTest, of: Partial<HostPlace & { ledger: string }> = {}) {
    const { ledger = 'ledger-1', shard = 'shard-1', host = 'hv-1' } = of;
    this.#overlay = overlay;
    this.#ledger = ledger;
    this.at = { shard, host };
  }

  /** The same host, as another ledger's driver reaches it. */
  ofLedger(ledger: string): Host {
    return new Host(this.#overlay, { ...this.at, ledger });
  }

  /** Drives the host to a target; the answer must be what the host then holds. */
  async takes(target: HostTarget): Promise<void> {
    expectState(await this.#driver().apply(this.at.host, target), target);
    await this.holds(target);
  }

  /** Drives the host to a target that it must refuse. */
  async refuses(target: HostTarget, fault: keyof typeof faults): Promise<void> {
    await expect(this.#driver().apply(this.at.host, target)).rejects.toThrow(faults[fault]);
  }

  /** Drives the host to several targets at once, whatever comes of each. */
  async takesAtOnce(...targets: readonly HostTarget[]): Promise<void> {
    await Promise.allSettled(targets.map((target) => this.#driver().apply(this.at.host, target)));
  }

  async holds(target: HostTarget): Promise<void> {
    const reading = await this.#driver().read(this.at.host);
    if (reading.kind !== 'objects') throw new Error(`${this.at.host}: ${JSON.stringify(reading)}`);
    expectState(reading.state, target);
  }

  async holdsNothing(): Promise<void> {
    expect(await this.#driver().read(this.at.host)).toEqual({ kind: 'nothing' });
  }

  /** Holds something that the driver cannot read, and says what is wrong with it. */
  async isUnreadable(): Promise<void> {
    const reading = await this.#driver().read(this.at.host);
    expect(reading.kind === 'unreadable' ? reading.problem : '').toMatch(/\w+ \w+/);
  }

  async refusesToBeRead(fault: keyof typeof faults): Promise<void> {
    await expect(this.#driver().read(this.at.host)).rejects.toThrow(faults[fault]);
  }

  #driver(): OverlayDriver {
    return this.#overlay.driver({ ledger: this.#ledger, shard: this.at.shard });
  }
}

/** States are compared as sets: order says nothing, and of two objects with one key the later counts. */
function expectState(state: HostState, { plan, objects }: HostTarget): void {
  const wanted = inOrder(objectsByKey(objects).values());
  expect(inOrder(state.objects)).toEqual(wanted);
  expect({ plan: state.plan, digest: state.digest }).toEqual({ plan, digest: digestOfObjects(wanted) });
}

function inOrder(objects: Iterable<OverlayObject>): OverlayObject[] {
  return [...objects].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
