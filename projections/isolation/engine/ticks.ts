/** The end of a stretch of the past: its instant, and the tick of the documents' change that ended it, if one did. */
export interface StretchEnd {
  readonly until: string;
  /** Undefined where a time bound ended it. */
  readonly endedBy: number | undefined;
}

/** A point at which something was looked at: a batch, or an instant that the clock alone came to. */
export interface Tick {
  readonly at: string;
  /** What the batch changed: documents, only what hosts may hold, or neither. */
  readonly changed: 'documents' | 'held' | 'nothing';
}

/** Points of time, numbered from 1 in their order. What is so at a tick stays so until the next one. */
export class Ticks {
  #log: Tick[] = [];
  /** The number of the tick before the first one of the log. */
  #base = 0;
  /** The last ticks with changes that were given up. */
  #forgotten = { change: 0, documents: 0 };

  /** The number of the last tick. */
  get now(): number {
    return this.#base + this.#log.length;
  }

  /** What was so at this tick, and all that was so later, may be asked for; nothing earlier is. */
  get oldest(): number {
    return this.#forgotten.documents;
  }

  push(tick: Tick): void {
    this.#log.push(tick);
  }

  /** Changes at an instant (milliseconds since 1970) or before are given up. */
  forget(horizon: number): void {
    let { change, documents } = this.#forgotten;
    for (let number = Math.max(change, this.#base) + 1; number <= this.now; number += 1) {
      const { at, changed } = this.#at(number);
      if (Date.parse(at) > horizon) break;
      if (changed !== 'nothing') change = number;
      if (changed === 'documents') documents = number;
    }
    this.#forgotten = { change, documents };
    // The clock's ticks since then may have ended what documents allowed that are in force still.
    if (documents - this.#base < 1000) return;
    this.#log = this.#log.slice(documents - this.#base);
    this.#base = documents;
  }

  /**
   * The end of what ended at a tick; undefined if that is given up. Documents that come at the very instant of a time bound end what
   * would have ended by itself.
   */
  endOf(number: number): StretchEnd | undefined {
    if (number <= this.#forgotten.documents) return undefined;
    const { at: until } = this.#at(number);
    for (let later = number; later <= this.now; later += 1) {
      const { at, changed } = this.#at(later);
      if (at !== until) break;
      if (changed === 'documents') return { until, endedBy: later };
    }
    return { until, endedBy: undefined };
  }

  /** The last tick at which what ended was still so, as far as it is remembered. */
  before({ until, endedBy }: StretchEnd): number {
    if (endedBy !== undefined) return endedBy - 1;
    let number = this.now;
    while (number > this.#base && this.#at(number).at >= until) number -= 1;
    return Math.max(number, this.#forgotten.change);
  }

  #at(number: number): Tick {
    /* v8 ignore next -- @preserve nobody asks for a tick that is not in the log */
    return this.#log[number - this.#base - 1] ?? { at: '', changed: 'nothing' };
  }
}

/** Something that is so from a tick on, until the next one in its list. */
export interface Since {
  readonly since: number;
}

/** What was so at a tick; undefined before the first one in the list. */
export function soAt<Item extends Since>(list: readonly Item[] | undefined, tick: number): Item | undefined {
  return list?.findLast(({ since }) => since <= tick);
}

/** Adds what is so from now on, and gives up what ended before the oldest tick that may be asked for. */
export function goOn<Item extends Since>(list: Item[], item: Item, oldest: number): void {
  if (list.at(-1)?.since === item.since) list.pop();
  list.push(item);
  const kept = list.findLastIndex(({ since }) => since <= oldest);
  if (kept > 0) list.splice(0, kept);
}
