import type { Clock } from '../runtime/clock.ts';
import { foundText } from '../runtime/found-text.ts';
import { isSameMark } from './fence.ts';
import type { HostMark, OutsideChange } from './port.ts';

/** What comes within so many milliseconds of each other is told as one. */
const togetherMs = 100;

/** What never ends is told all the same, after that long. */
const togetherMsMax = 1_000;

/** For so long what comes may still be part of the change that led the mark on: a large one is told for longer than it takes. */
const ownMsMax = 5_000;

/** How a host is watched. */
interface Watching {
  readonly host: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Reads the host's mark. */
  readonly mark: () => Promise<HostMark>;
  /** Begins to listen, and returns once nothing is missed. Listens until the signal aborts, and then leaves nothing behind. */
  listen(happenings: Happenings, signal: AbortSignal): Promise<Listening>;
}

/** A host that is listened to. */
export interface Listening {
  /**
   * Returns once all was told that happened before the call, or nothing will be any more. Left out where nobody can say that: then
   * what is on its way is waited for.
   */
  readonly caughtUp?: () => Promise<void>;
}

/** What was heard of at a host and nobody took yet. */
export class Happenings {
  readonly #signal: AbortSignal;
  #first: string | undefined;
  #count = 0;
  #isOurs = true;
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

  /** Whether drivers say of all of those that they did them. */
  get isOurs(): boolean {
    return this.#isOurs;
  }

  /** Something may have been changed, in words. */
  tell(what: string): void {
    this.#isOurs = false;
    this.tellOurs(what);
  }

  /** A driver says that it changed something, in words: it is told where that left another mark, and did not lead it on. */
  tellOurs(what: string): void {
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
    this.#isOurs = true;
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
  const byOthers = new ChangesByOthers(watching, { happenings, signal });
  try {
    await byOthers.begin();
  } catch (error) {
    stop.abort();
    if (!watching.signal.aborted) throw error;
  }
  return byOthers.told(stop);
}

/** A mark, how much had been heard before it was read, and whether drivers said of all of that that they did it. */
interface ReadMark {
  readonly mark: HostMark;
  readonly seen: number;
  readonly isOurs: boolean;
}

/** What others do at a host, told from what its drivers do: these lead its mark on. */
class ChangesByOthers {
  readonly #watching: Watching;
  readonly #happenings: Happenings;
  readonly #signal: AbortSignal;
  #caughtUp = (): Promise<void> => this.#pause();
  #before: HostMark = { kind: 'nothing' };

  constructor(watching: Watching, { happenings, signal }: { happenings: Happenings; signal: AbortSignal }) {
    this.#watching = watching;
    this.#happenings = happenings;
    this.#signal = signal;
  }

  async begin(): Promise<void> {
    const { caughtUp } = await this.#watching.listen(this.#happenings, this.#signal);
    if (caughtUp === undefined) this.#know(await this.#readMark());
    else {
      this.#caughtUp = caughtUp;
      await this.#follows(() => true);
    }
  }

  async *told(stop: AbortController): AsyncGenerator<OutsideChange, void, void> {
    const { host, clock } = this.#watching;
    try {
      while (await this.#happenings.come()) {
        const endMs = clock.elapsedMs() + togetherMsMax;
        await this.#quiet(() => this.#caughtUp(), endMs);
        const found = await this.#follows((read) => this.#isOurs(read));
        if (found === 'ours') continue;
        await this.#quiet(() => this.#pause(), endMs);
        yield { host, what: await this.#take(found) };
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    } finally {
      stop.abort();
    }
  }

  /**
   * Whether all that was heard is ours by the mark of after it: then that is the mark which is known. What is heard while the mark is
   * read may be of before it or after it. So it is read again then, for as long as a change of ours may take.
   */
  async #follows(isOurs: (read: ReadMark) => boolean): Promise<'ours' | ReadMark> {
    const { clock } = this.#watching;
    const endMs = clock.elapsedMs() + ownMsMax;
    for (;;) {
      const read = await this.#readMark();
      if (!isOurs(read)) return read;
      await this.#caughtUp();
      if (read.seen !== this.#happenings.count && clock.elapsedMs() < endMs) continue;
      this.#know(read);
      return 'ours';
    }
  }

  /** All that was heard, in words. The mark that is known is then one of after that: what leads it on later is no part of it. */
  async #take(found: ReadMark): Promise<string> {
    const { clock } = this.#watching;
    const endMs = clock.elapsedMs() + togetherMsMax;
    let read = found;
    while (read.seen !== this.#happenings.count && clock.elapsedMs() < endMs) read = await this.#readMark();
    return this.#know(read);
  }

  #know({ mark }: ReadMark): string {
    this.#before = mark;
    return this.#happenings.take();
  }

  async #readMark(): Promise<ReadMark> {
    const { count: seen, isOurs } = this.#happenings;
    return { seen, isOurs, mark: await this.#watching.mark() };
  }

  #isOurs({ mark: now, isOurs }: ReadMark): boolean {
    const before = this.#before;
    if (isLedOn(before, now) || (before.kind === 'nothing' && now.kind === 'nothing')) return true;
    return isOurs && before.kind === 'marked' && now.kind === 'marked' && isSameMark(before, now);
  }

  /** Waits so that what comes can be heard, until nothing was heard meanwhile, or it is late. */
  async #quiet(wait: () => Promise<void>, endMs: number): Promise<void> {
    const { clock } = this.#watching;
    for (let seen = -1; seen !== this.#happenings.count && clock.elapsedMs() < endMs;) {
      seen = this.#happenings.count;
      await wait();
      if (this.#signal.aborted) return;
    }
  }

  #pause(): Promise<void> {
    return this.#watching.clock.sleep(togetherMs, this.#signal);
  }
}

/** Whether somebody changed a host who writes its mark. What somebody else puts back is of an earlier plan, or of the same. */
function isLedOn(before: HostMark, now: HostMark): boolean {
  if (now.kind !== 'marked') return false;
  return before.kind !== 'marked' || now.plan > before.plan;
}
