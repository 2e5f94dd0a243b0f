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
  /** Called before every change: a test may end the applier here. */
  beforeApply: () => void = () => undefined;

  read(host: string): Promise<HostReading> {
    const state = this.hosts.get(host);
    return Promise.resolve(state === undefined ? { kind: 'nothing' } : { kind: 'objects', state });
  }

  apply(host: string, { plan, objects }: HostTarget): Promise<HostState> {
    return Promise.try(() => {
      this.beforeApply();
      const held = this.hosts.get(host)?.plan ?? 0;
      if (held > plan) throw new Fenced({ host, plan, held });
      const fault = this.faults.shift();
      if (fault === 'not-done') throw new OverlayUnavailable(`${host} is away`);
      const state = { plan, objects, digest: digestOfObjects(objects) };
      this.hosts.set(host, state);
      if (fault === 'done-but-reported-failed') throw new OverlayUnavailable(`${host} did not answer`);
      return state;
    });
  }
}
