import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, vi } from 'vitest';
import type { OutsideChange } from '../../../src/overlay/port.ts';

/** So long nothing may be told of a host before a test believes that nothing will be. */
const silentMs = 450;

/** A host that a test watches. */
export class WatchedHost {
  readonly #host: string;
  readonly #stop: AbortController;
  readonly #told: OutsideChange[] = [];
  readonly #over: Promise<void>;

  constructor(
    changes: AsyncIterable<OutsideChange>,
    { host, stop }: { host: string; stop: AbortController },
  ) {
    this.#host = host;
    this.#stop = stop;
    this.#over = this.#take(changes);
    this.#over.catch(() => undefined);
    onTestFinished(() => {
      stop.abort();
    });
  }

  /** Is told of once, in words. */
  async isTold(): Promise<void> {
    const first = vi.waitUntil(() => this.#told.length > 0, { timeout: 4_000, interval: 10 });
    await Promise.race([first, this.#over]);
    await this.#isQuiet();
    const [told, ...others] = this.#told.splice(0);
    expect(told?.host).toBe(this.#host);
    expect(told?.what).toMatch(/\w+ \w+/);
    expect(others).toEqual([]);
  }

  /** Nothing is told of it. */
  async isSilent(): Promise<void> {
    await this.#isQuiet();
    expect(this.#told).toEqual([]);
  }

  /** Ends without a fault once it is asked to. */
  async ends(): Promise<void> {
    this.#stop.abort();
    await this.#over;
  }

  /** Ends by itself, with the fault that is returned. */
  async isLost(): Promise<unknown> {
    return this.#over.then(
      () => undefined,
      (fault: unknown) => fault,
    );
  }

  async #take(changes: AsyncIterable<OutsideChange>): Promise<void> {
    for await (const change of changes) this.#told.push(change);
  }

  async #isQuiet(): Promise<void> {
    await setTimeout(silentMs);
  }
}
