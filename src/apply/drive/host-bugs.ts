import { OverlayUnavailable } from '../../overlay/faults.ts';
import type { DriverFor, OverlayDriver } from '../../overlay/port.ts';
import { Fault } from '../../runtime/errors.ts';

/**
 * Errors that nobody foresaw, met at single hosts. Such a host is away, so that the others are driven all the same; whoever drives
 * throws the error when that is done, since it is a bug, and a bug is told loudly.
 */
export class HostBugs {
  #first: { readonly error: unknown } | undefined;

  /** The drivers with hosts that are away where they would throw such an error. */
  keptBy(driverFor: DriverFor): DriverFor {
    return (shard, hosts) => this.#kept(driverFor(shard, hosts));
  }

  /** Throws the first error that was met, once. */
  throwFirst(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) throw first.error;
  }

  #kept(driver: OverlayDriver): OverlayDriver {
    const drops = driver.drops?.bind(driver);
    const means = driver.means?.bind(driver);
    const tidy = driver.tidy?.bind(driver);
    const watch = driver.watch?.bind(driver);
    return {
      name: driver.name,
      mark: (host) => this.#heard(() => driver.mark(host)),
      read: (host, expected) => this.#heard(() => driver.read(host, expected)),
      apply: (host, change) => this.#heard(() => driver.apply(host, change)),
      ...(drops && { drops: (host, expected) => this.#heard(() => drops(host, expected)) }),
      ...(means && { means }),
      ...(tidy && { tidy }),
      ...(watch && { watch }),
    };
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
