import { StandsStill, TooLate } from '../../overlay/faults.ts';
import { answerMsMax, isAnswered, lateWords, marksWithin, promptMarkMsMax } from '../../overlay/in-time.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import type { Clock } from '../../runtime/clock.ts';

/** A host that was asked for its mark, since when, and what comes of that. */
interface AskedHost {
  readonly sinceMs: number;
  readonly answer: Promise<void>;
}

interface WatchOverHosts {
  readonly clock: Clock;
  /** Hears of a host that is slow to take a change: why, and the longest time that it is given. */
  readonly onSlow: (host: string, problem: string, forMs: number) => void;
  /** The time that is left for everything, where calls are given up with it; each has a few seconds all the same. */
  readonly leftMs?: () => number;
}

/**
 * The hosts of a shard that are waited for beside its rounds. Each is asked once for its mark, however long that takes: a call that
 * stands still keeps a thread. Until it answers it counts as away for each round, which so is over as soon as the other hosts are driven.
 */
export class StalledHosts {
  readonly #clock: Clock;
  readonly #onSlow: WatchOverHosts['onSlow'];
  readonly #leftMs: WatchOverHosts['leftMs'];
  readonly #asked = new Map<string, AskedHost>();
  /** By host, the fault with which it answered last when it was asked what it holds, and when it was given something. */
  readonly #faults = { asked: new Map<string, Error>(), given: new Map<string, Error>() };
  /** By host, why what it holds could not be said when it was read last. */
  readonly #found = new Map<string, string>();
  /** How long the hosts that were waited for took to say their marks, in milliseconds. */
  readonly #tookMs = new Map<string, number>();

  constructor({ clock, onSlow, leftMs }: WatchOverHosts) {
    this.#clock = clock;
    this.#onSlow = onSlow;
    this.#leftMs = leftMs;
  }

  /** A driver for which hosts that are waited for are away, and others say their marks soon: in twice the time that they took last. */
  within(driver: OverlayDriver, markMs: number): OverlayDriver {
    const drops = driver.drops?.bind(driver);
    const means = driver.means?.bind(driver);
    const asFor = (host: string): OverlayDriver => {
      const asked = this.#asked.get(host);
      if (asked !== undefined)
        throw new StandsStill(this.#reasonOf(host, lateWords(host, this.#clock.elapsedMs() - asked.sinceMs)));
      const withinMs = Math.max(markMs, 2 * (this.#tookMs.get(host) ?? 0));
      const readMs = this.#callMsMax();
      return marksWithin(driver, this.#clock, { markMs: Math.min(withinMs, readMs), readMs });
    };
    return {
      name: driver.name,
      mark: (host) => this.#heard(host, 'asked', () => asFor(host).mark(host)),
      read: async (host, expected) => {
        const reading = await this.#heard(host, 'asked', () => asFor(host).read(host, expected));
        if (reading.kind === 'unreadable') this.#found.set(host, reading.problem);
        else this.#found.delete(host);
        return reading;
      },
      apply: (host, change) =>
        this.#heard(host, 'given', () => this.#told(host, asFor(host).apply(host, change))),
      ...(drops && { drops }),
      ...(means && { means }),
    };
  }

  /** Returns once one of the hosts answers, with whatever, or the time is up. One that is away at once is asked after the pause. */
  async untilNews(
    driver: OverlayDriver,
    { hosts, pauseMs, leftMs }: { hosts: Iterable<string>; pauseMs: number; leftMs: number },
  ): Promise<void> {
    await this.#clock.sleep(Math.min(pauseMs, leftMs));
    for (const host of hosts) if (!this.#asked.has(host)) this.#ask(driver, host);
    const stop = new AbortController();
    const isOver = this.#clock.sleep(Math.max(0, leftMs - pauseMs), stop.signal);
    await Promise.race([isOver, ...Array.from(this.#asked.values(), ({ answer }) => answer)]);
    stop.abort();
  }

  #ask(driver: OverlayDriver, host: string): void {
    const sinceMs = this.#clock.elapsedMs();
    const answer = Promise.allSettled([driver.mark(host)]).then(() => {
      this.#asked.delete(host);
      this.#tookMs.set(host, this.#clock.elapsedMs() - sinceMs);
    });
    this.#asked.set(host, { sinceMs, answer });
  }

  /**
   * A host that gave a reason itself keeps that until it does what it refused for it: that nobody waits for it any longer is told of one
   * that gave none. One that does not take what it is given still says what it holds.
   */
  async #heard<Answer>(host: string, what: 'asked' | 'given', call: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await call();
      this.#faults[what].delete(host);
      return answer;
    } catch (fault) {
      if (fault instanceof StandsStill) throw new StandsStill(this.#reasonOf(host, fault.message), fault);
      if (fault instanceof TooLate) throw new TooLate(this.#reasonOf(host, fault.message), fault);
      if (fault instanceof Error) this.#faults[what].set(host, fault);
      throw fault;
    }
  }

  /** In words: what a host said itself, or what was found there, else that it was late. */
  #reasonOf(host: string, late: string): string {
    const { asked, given } = this.#faults;
    return asked.get(host)?.message ?? this.#found.get(host) ?? given.get(host)?.message ?? late;
  }

  async #told<Answer>(host: string, call: Promise<Answer>): Promise<Answer> {
    const withinMs = this.#callMsMax();
    if (await isAnswered(call, this.#clock, promptMarkMsMax)) return call;
    const moreMs = withinMs - promptMarkMsMax;
    if (moreMs > 0)
      this.#onSlow(host, `${lateWords(host, promptMarkMsMax)} whether it took its change`, withinMs);
    if (this.#leftMs === undefined || (await isAnswered(call, this.#clock, moreMs))) return call;
    // It goes on behind our back, as a call that took its longest time.
    throw new TooLate(lateWords(host, withinMs));
  }

  #callMsMax(): number {
    return Math.min(answerMsMax, Math.max(promptMarkMsMax, this.#leftMs?.() ?? answerMsMax));
  }
}
