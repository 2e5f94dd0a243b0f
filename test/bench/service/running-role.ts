import { systemClock } from '../../../src/runtime/clock.ts';
import { createLog } from '../../../src/runtime/log.ts';
import type { ServeRole } from '../../../src/serve/role.ts';

/** A role of the service, run as the service runs it, until it is let go. */
export class RunningRole implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;
  /** Below that of no entry until the role says something. */
  #seq = -2;
  #told = Promise.withResolvers<undefined>();

  constructor(role: ServeRole) {
    this.#over = role.run({
      signal: this.#stop.signal,
      log: createLog('silent'),
      tell: ({ seq }) => {
        this.#seq = seq;
        this.#told.resolve(undefined);
        this.#told = Promise.withResolvers();
      },
    });
    this.#over.catch(() => undefined);
  }

  /** Returns as soon as the role says that it is done with an entry; for -1, that it runs. Throws what the role threw. */
  async done(seq: number): Promise<void> {
    while (this.#seq < seq) await Promise.race([this.#told.promise, this.#over]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#over;
  }
}

/**
 * The role's delays, in milliseconds: each from when an entry was recorded until the role is done with it. Entries come at
 * any moment, and the one after a role is done with the one before.
 */
export async function delaysOf(
  role: RunningRole,
  { times, append }: { times: number; append: () => Promise<number> },
): Promise<readonly number[]> {
  const delays: number[] = [];
  await role.done(await append());
  for (let time = 0; time < times; time += 1) {
    await systemClock.sleep(40 * Math.random());
    const seq = await append();
    const began = performance.now();
    await role.done(seq);
    delays.push(performance.now() - began);
  }
  return delays;
}
