import type { Clock } from '../runtime/clock.ts';
import { foundText } from '../runtime/found-text.ts';
import type { HostMark, OutsideChange } from './port.ts';

/** What comes within so many milliseconds of each other is told as one. */
const togetherMs = 100;

/** What never ends is told all the same, after that long. */
const togetherMsMax = 1_000;

/** For so long what comes is still part of the change that led the mark on: a large one is told for longer than it takes. */
const ownMsMax = 5_000;

/** How a host is watched. */
interface Watching {
  readonly host: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Reads the host's mark. */
  readonly mark: () => Promise<HostMark>;
  /** Begins to listen, and returns once nothing is missed. Listens until the signal aborts, and then leaves nothing behind. */
  listen(happenings: Happenings, signal: AbortSignal): Promise<void>;
}

/** What was heard of at a host and nobody took yet. */
export class Happenings {
  readonly #signal: AbortSignal;
  #first: string | undefined;
  #count = 0;
  #end: { readonly fault: unknown } | undefined;
  #news = Promise.withResolvers<undefined>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener(
      'abort',
      () => {
        this.#wake();
      },
      { once: true },
    );
  }

  /** How many there were since the last that were taken. */
  get count(): number {
    return this.#count;
  }

  /** Something may have been changed, in words. */
  tell(what: string): void {
    this.#first ??= what;
    this.#count++;
    this.#wake();
  }

  /** Nothing is heard any more. */
  fail(fault: unknown): void {
    this.#end ??= { fault };
    this.#wake();
  }

  /** Waits until there are some; false once the signal aborted. Throws what it failed with. */
  async come(): Promise<boolean> {
    for (;;) {
      if (this.#signal.aborted) return false;
      if (this.#end !== undefined) throw this.#end.fault;
      if (this.#first !== undefined) return true;
      await this.#news.promise;
    }
  }

  /** All of them in words: the first, and how many more. */
  take(): string {
    const [first = 'nothing', more] = [this.#first, this.#count - 1];
    this.#first = undefined;
    this.#count = 0;
    return foundText(more > 0 ? `${first}, and ${String(more)} more` : first);
  }

  #wake(): void {
    this.#news.resolve(undefined);
    this.#news = Promise.withResolvers();
  }
}

/** Watches a host as the port says, by what a driver hears of it: what led the mark on is left out. */
export async function watchHost(watching: Watching): Promise<AsyncIterable<OutsideChange>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([watching.signal, stop.signal]);
  const happenings = new Happenings(signal);
  try {
    await watching.listen(happenings, signal);
    const known = await watching.mark();
    happenings.take();
    return told(watching, { happenings, known, stop });
  } catch (error) {
    stop.abort();
    if (watching.signal.aborted) return told(watching, { happenings, known: nothing, stop });
    throw error;
  }
}

const nothing: HostMark = { kind: 'nothing' };

async function* told(
  { host, clock, signal, mark }: Watching,
  { happenings, known, stop }: { happenings: Happenings; known: HostMark; stop: AbortController },
): AsyncGenerator<OutsideChange, void, void> {
  let before = known;
  const quiet = async (msMax: number): Promise<void> => {
    const startMs = clock.elapsedMs();
    for (let seen = -1; seen !== happenings.count && clock.elapsedMs() - startMs < msMax;) {
      seen = happenings.count;
      await clock.sleep(togetherMs, signal);
      if (signal.aborted) return;
    }
  };
  try {
    while (await happenings.come()) {
      await quiet(togetherMsMax);
      const what = happenings.take();
      const now = await mark();
      const [from, to] = [before, now];
      before = now;
      if (isLedOn(from, to)) {
        await quiet(ownMsMax);
        happenings.take();
      } else if (from.kind !== 'nothing' || to.kind !== 'nothing') yield { host, what };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.abort();
  }
}

/** Whether somebody changed a host who writes its mark. What somebody else puts back is of an earlier plan, or of the same. */
function isLedOn(before: HostMark, now: HostMark): boolean {
  if (now.kind !== 'marked') return false;
  return before.kind !== 'marked' || now.plan > before.plan;
}
