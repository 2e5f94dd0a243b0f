import { execFile } from 'node:child_process';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';

interface ServiceManagerMeans {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * What a service tells systemd where that asks for it (`Type=notify-reload`). Node.js opens no socket of that kind, so that it is told by
 * systemd-notify(1): the unit needs `NotifyAccess=all`.
 */
export class ServiceManager {
  readonly #means: ServiceManagerMeans;
  #isMissing = false;

  constructor(means: ServiceManagerMeans) {
    this.#means = means;
  }

  /** Tells assignments such as `READY=1`. What cannot be told is logged once, and changes nothing. */
  tell(...assignments: readonly string[]): void {
    const { environment, log } = this.#means;
    if ((environment['NOTIFY_SOCKET'] ?? '') === '') return;
    execFile('systemd-notify', [...assignments], { env: { ...environment } }, (error) => {
      if (error === null || this.#isMissing) return;
      this.#isMissing = true;
      log.warn({ err: error }, 'systemd cannot be told how this service stands');
    });
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
}
