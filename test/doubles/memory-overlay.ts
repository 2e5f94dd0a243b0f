import { digestOfObjects } from '../../events/overlay-objects.ts';
import { Fenced, OverlayUnavailable } from '../../src/overlay/faults.ts';
import type { HostReading, HostState, HostTarget, OverlayDriver } from '../../src/overlay/port.ts';

/** What befalls the next change of a host: it is not made; it is made, and reported as failed. */
export type DriverFault = 'not-done' | 'done-but-reported-failed';

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

  read(host: string): Promise<HostReading> {
    return Promise.try(() => {
      this.#requireThere(host);
      const problem = this.spoilt.get(host);
      if (problem !== undefined) return { kind: 'unreadable', problem };
      const state = this.hosts.get(host);
      return state === undefined ? { kind: 'nothing' } : { kind: 'objects', state };
    });
  }

  apply(host: string, { plan, objects }: HostTarget): Promise<HostState> {
    return Promise.try(() => {
      this.beforeApply();
      this.#requireThere(host);
      const held = this.spoilt.has(host) ? 0 : (this.hosts.get(host)?.plan ?? 0);
      if (held > plan) throw new Fenced({ host, plan, held });
      const fault = this.faults.shift();
      if (fault === 'not-done') throw new OverlayUnavailable(`${host} is away`);
      const state = { plan, objects, digest: digestOfObjects(objects) };
      this.hosts.set(host, state);
      this.spoilt.delete(host);
      if (fault === 'done-but-reported-failed') throw new OverlayUnavailable(`${host} did not answer`);
      return state;
    });
  }

  #requireThere(host: string): void {
    if (this.away.has(host)) throw new OverlayUnavailable(`${host} is away`);
  }
}
