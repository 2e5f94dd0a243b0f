import { driverThrough } from '../../overlay/driver-through.ts';
import { OverlayUnavailable } from '../../overlay/faults.ts';
import type { DriverFor } from '../../overlay/port.ts';
import { Fault } from '../../runtime/errors.ts';

/**
 * Errors that nobody foresaw, met at single hosts. Such a host is away, so that the others are driven all the same; whoever drives
 * throws the error when that is done, since it is a bug, and a bug is told loudly.
 */
export class HostBugs {
  #first: { readonly error: unknown } | undefined;

  /** The drivers with hosts that are away where they would throw such an error. Whoever watches one hears of it. */
  keptBy(driverFor: DriverFor): DriverFor {
    return (shard, hosts) => driverThrough(driverFor(shard, hosts), (_host, ask) => this.#heard(ask));
  }

  /** Throws the first error that was met, once. */
  throwFirst(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) throw first.error;
  }

  async #heard<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof Fault) throw error;
      this.#first ??= { error };
      throw new OverlayUnavailable(`internal error: ${String(error)}`, error);
    }
  }
}
