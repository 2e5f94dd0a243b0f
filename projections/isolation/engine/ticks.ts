import { read, readNumber } from './kept-json.ts';
import type { KeptChange, KeptParts } from './kept.ts';
import { countWhile, type Tick } from './tick.ts';
import { readTick, tickText } from './kept-texts.ts';

/** The end of a stretch of the past: its instant, and the tick of the documents' change that ended it, if one did. */
export interface StretchEnd {
  readonly until: string;
  /** Undefined where a time bound ended it. */
  readonly endedBy: number | undefined;
}

/** Points of time, numbered from 1 in their order. What is so at a tick stays so until the next one. */
export class Ticks {
  #log: Tick[] = [];
  /** The number of the tick before the first one of the log. */
  #base = 0;
  /** The last ticks with changes that were given up. */
  #forgotten = { change: 0, documents: 0 };
  /** The ticks that are kept elsewhere: those after `base`, up to `last`. */
  #kept = { base: 0, last: 0 };

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
    const earlier = countWhile(this.#log, ({ at }) => at < until);
    return Math.max(this.#base + earlier, this.#forgotten.change);
  }

  /** The ticks that came and went since this was asked last; at first all of them. */
  *takeKept(): Generator<KeptChange> {
    const { base, last } = this.#kept;
    this.#kept = { base: this.#base, last: this.now };
    yield ['ticks', JSON.stringify(this.#base)];
    for (let number = base + 1; number <= Math.min(last, this.#base); number += 1)
      yield [`tick ${String(number)}`, null];
    for (let number = Math.max(last, this.#base) + 1; number <= this.now; number += 1)
      yield [`tick ${String(number)}`, tickText(this.#at(number))];
  }

  /** Takes all ticks as they were kept. Throws KeptRefused. */
  goOnFrom(kept: KeptParts): void {
    for (const [, base] of kept.of('ticks')) this.#base = read(base, readNumber);
    const log = Array.from(kept.of('tick'), ([number, text]) => ({ number: Number(number), text }));
    this.#log = log.sort((a, b) => a.number - b.number).map(({ text }) => readTick(text));
    this.#kept = { base: this.#base, last: this.now };
    // What was given up since is given up anew at the next tick, as the horizon tells.
    this.#forgotten = { change: this.#base, documents: this.#base };
  }

  #at(number: number): Tick {
    /* v8 ignore next -- @preserve nobody asks for a tick that is not in the log */
    return this.#log[number - this.#base - 1] ?? { at: '', changed: 'nothing' };
  }
}
