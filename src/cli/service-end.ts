import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { exitCode } from './exit.ts';

/** How long what is in hand may take once a service is to end, in milliseconds. */
const endMsMax = 10_000;

/** What a shell says of a process that a signal ended. */
const codeOfSignal = { SIGTERM: 143, SIGINT: 130 } as const;

/** The end of a service: the first SIGTERM, or SIGINT, lets it finish what is in hand; a second one ends it at once. */
export class ServiceEnd {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #ending = new AbortController();
  readonly #over = new AbortController();

  constructor({ clock, log }: { clock: Clock; log: Logger }) {
    this.#clock = clock;
    this.#log = log;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const end = (): void => {
        this.#end(signal);
      };
      process.on(signal, end);
      this.#over.signal.addEventListener('abort', () => process.removeListener(signal, end));
    }
  }

  /** Aborts once the service is to end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Hears that nothing is in hand any more. */
  over(): void {
    this.#ending.abort();
    this.#over.abort();
  }

  #end(signal: keyof typeof codeOfSignal): void {
    if (this.signal.aborted) process.exit(codeOfSignal[signal]);
    this.#log.info({ signal }, 'the service ends');
    this.#ending.abort();
    void this.#endInTime();
  }

  async #endInTime(): Promise<void> {
    await this.#clock.sleep(endMsMax, this.#over.signal);
    if (this.#over.signal.aborted) return;
    this.#log.error('what is in hand takes too long: the service ends, and its next start completes it');
    process.exit(exitCode.unreachable);
  }
}
