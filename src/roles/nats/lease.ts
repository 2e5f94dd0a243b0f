import type { Clock } from '../../runtime/clock.ts';
import type { HeldRole } from '../port.ts';
import type { LeaseStore } from './lease-store.ts';
import { readLease, type LeaseText } from './lease-text.ts';

/** A lease is written again this many times before it would run out, so that a change of the servers' leader costs none. */
const renewals = 5;

interface TakenLease {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly key: string;
  readonly text: LeaseText;
  readonly revision: number;
  /** The clock's reading before the lease was written: those who wait for it count from when they saw it, which is later. */
  readonly writtenMs: number;
}

/**
 * A lease in hand: it is written again and again until it is released. It is lost as soon as another's is seen in its place, and,
 * whatever the servers do, when it could not be written for as long as it lasts, less a tenth: nobody else counts it as run out
 * before that.
 */
export function keepLease(taken: TakenLease): HeldRole {
  const lease = new Lease(taken);
  return { lost: lease.lost, lapsed: taken.text.lapsed ?? [], release: () => lease.release() };
}

class Lease {
  readonly #taken: TakenLease;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  readonly #renewing: Promise<void>;
  #revision: number;
  #writtenMs: number;
  #released: Promise<void> | undefined;

  constructor(taken: TakenLease) {
    this.#taken = taken;
    this.#revision = taken.revision;
    this.#writtenMs = taken.writtenMs;
    this.#renewing = this.#renew();
    void this.#watch();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  release(): Promise<void> {
    this.#released ??= this.#giveBack();
    return this.#released;
  }

  async #giveBack(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    // A renewal under way changes the revision.
    await this.#renewing;
    try {
      await this.#write({ ...this.#taken.text, held: false });
    } catch {
      // It runs out by itself.
    }
  }

  async #renew(): Promise<void> {
    const { clock, text } = this.#taken;
    const pauseMs = text.ttlMs / renewals;
    for (let waitMs = pauseMs; ;) {
      await clock.sleep(waitMs, this.#over.signal);
      if (this.#over.signal.aborted) return;
      const beganMs = clock.elapsedMs();
      try {
        if (await this.#write(text)) this.#writtenMs = beganMs;
        else this.#lose();
        waitMs = pauseMs;
      } catch {
        // Whoever watches the time that is left says when that is too much.
        waitMs = pauseMs / 4;
      }
    }
  }

  /** False where the lease is another's. Throws RolesUnavailable. */
  async #write(text: LeaseText): Promise<boolean> {
    const { store, key } = this.#taken;
    const revision = await store.put(key, JSON.stringify(text), this.#revision);
    if (revision === undefined) return await this.#writeAfterOwn(text);
    this.#revision = revision;
    return true;
  }

  /** An earlier write of ours may have come to stand there after its answer was lost. */
  async #writeAfterOwn(text: LeaseText): Promise<boolean> {
    const { store, key } = this.#taken;
    const found = await store.get(key);
    if (found === undefined || readLease(found.text)?.token !== text.token) return false;
    this.#revision = found.revision;
    const revision = await store.put(key, JSON.stringify(text), found.revision);
    if (revision === undefined) return await this.#writeAfterOwn(text);
    this.#revision = revision;
    return true;
  }

  async #watch(): Promise<void> {
    const { clock, text } = this.#taken;
    for (;;) {
      const leftMs = this.#writtenMs + text.ttlMs * 0.9 - clock.elapsedMs();
      if (leftMs <= 0) this.#lose();
      if (this.#over.signal.aborted) return;
      await clock.sleep(leftMs, this.#over.signal);
    }
  }

  #lose(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#lost.abort();
  }
}
