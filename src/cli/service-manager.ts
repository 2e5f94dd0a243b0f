import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';

const run = promisify(execFile);

interface ServiceManagerMeans {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * What a service tells systemd where that asks for it (`Type=notify`). Node.js opens no socket of that kind, so that it is told by
 * systemd-notify(1): the unit needs `NotifyAccess=all`.
 */
export class ServiceManager {
  readonly #means: ServiceManagerMeans;
  #isMissing = false;
  /** What is told arrives in the order in which it was told. */
  #last: Promise<void> = Promise.resolve();

  constructor(means: ServiceManagerMeans) {
    this.#means = means;
  }

  /** Tells assignments such as `READY=1`. What cannot be told is logged once, and changes nothing. */
  tell(...assignments: readonly string[]): void {
    if ((this.#means.environment['NOTIFY_SOCKET'] ?? '') === '') return;
    this.#last = this.#last.then(() => this.#send(assignments));
  }

  /** Tells that this process lives, twice within the time that it is given for that. */
  async watchdog(signal: AbortSignal): Promise<void> {
    const { environment, clock } = this.#means;
    const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = environment;
    if (pid !== undefined && pid !== String(process.pid)) return;
    const everyMs = Number(microseconds) / 2_000;
    if (!(everyMs > 0)) return;
    while (!signal.aborted) {
      this.tell('WATCHDOG=1');
      await clock.sleep(everyMs, signal);
    }
  }

  async #send(assignments: readonly string[]): Promise<void> {
    const { environment, log } = this.#means;
    try {
      await run('systemd-notify', [...assignments], { env: { ...environment } });
    } catch (error) {
      if (!this.#isMissing) log.warn({ err: error }, 'systemd cannot be told how this service stands');
      this.#isMissing = true;
    }
  }
}
