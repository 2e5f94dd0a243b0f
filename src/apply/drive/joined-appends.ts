import type { DomainEvent } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import type { Actor } from '../../../events/entry.ts';
import type { Ledger } from '../../ledger/port.ts';
import { nextTurn } from '../../runtime/next-turn.ts';

/**
 * Appends what several hosts have to say: events that are there together become one batch, and one flush of the disk. An
 * append that fails fails for all who are in it, and for nobody else.
 */
export class JoinedAppends {
  readonly #ledger: Ledger;
  readonly #actor: Actor;
  #waiting: DomainEvent[] = [];
  /** The batch that takes what comes now; undefined while nobody waits for one. */
  #coming: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor({ ledger, actor }: { ledger: Ledger; actor: Actor }) {
    this.#ledger = ledger;
    this.#actor = actor;
  }

  /** Appends events, together, whatever else was recorded meanwhile. */
  append(events: readonly DomainEvent[]): Promise<void> {
    this.#waiting.push(...events);
    if (this.#coming === undefined) {
      this.#coming = this.#after(this.#last);
      this.#last = this.#coming;
    }
    return this.#coming;
  }

  async #after(last: Promise<void>): Promise<void> {
    await Promise.allSettled([last]);
    // Hosts that are done by now are in this batch too.
    await nextTurn();
    const events = this.#waiting;
    this.#waiting = [];
    this.#coming = undefined;
    await this.#ledger.append({ events: events.map(draftOf), actor: this.#actor, conditions: [] });
  }
}
