import type { OverlayDriver } from '../overlay/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { Retry } from '../runtime/retry.ts';

interface OutsideWatchMeans {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random: () => number;
  /** Hears of a host that is to be read whole. */
  readonly onHost: (host: string) => void;
}

/** Watches the hosts of a shard for what somebody else changes there, as far as its driver can tell. */
export class OutsideWatch {
  readonly #means: OutsideWatchMeans;
  readonly #ending = new Map<string, AbortController>();
  #driver: OverlayDriver | undefined;

  constructor(means: OutsideWatchMeans) {
    this.#means = means;
  }

  /** Watches these hosts from here on, and no others. */
  follow(driver: OverlayDriver, hosts: readonly string[]): void {
    const watch = driver.watch?.bind(driver);
    for (const [host, ending] of this.#ending) {
      if (driver === this.#driver && hosts.includes(host)) continue;
      ending.abort();
      this.#ending.delete(host);
    }
    this.#driver = driver;
    if (watch === undefined) return;
    for (const host of hosts) {
      if (this.#ending.has(host)) continue;
      const ending = new AbortController();
      this.#ending.set(host, ending);
      void this.#watch(host, { watch, signal: AbortSignal.any([this.#means.signal, ending.signal]) });
    }
  }

  /** Never throws: a host that cannot be watched is read now and then all the same. */
  async #watch(
    host: string,
    { watch, signal }: { watch: NonNullable<OverlayDriver['watch']>; signal: AbortSignal },
  ): Promise<void> {
    const { clock, random, onHost } = this.#means;
    const retry = new Retry({ shortestMs: 1_000, longestMs: 60_000, random });
    while (!signal.aborted) {
      try {
        const changes = await watch(host, signal);
        // Whatever was changed while nobody watched, a reading tells.
        if (retry.times > 0) onHost(host);
        retry.succeeded();
        for await (const change of changes) onHost(change.host);
      } catch {
        // A round that cannot reach the host says why.
      }
      await clock.sleep(retry.failed(), signal);
    }
  }
}
