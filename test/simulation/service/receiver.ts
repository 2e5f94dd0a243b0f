import { EntryRefused, SinkUnavailable } from '../../../src/siem/sinks/faults.ts';
import type { SinkDelivery, SinkEntry } from '../../../src/siem/sinks/port.ts';
import { Broken } from '../failures.ts';

/** How a receiver may fail: not at all there; asks to be left alone; takes the first half of what it gets, and fails then. */
export const moods = ['away', 'busy', 'half'] as const;

interface Received {
  readonly id: string;
  readonly leaf: string;
}

/** The longest that a receiver asks to be left alone, in milliseconds. */
const busyMs = 7_000;

/** Somebody outside who collects what is delivered, and looks whether it comes in order, without a gap. */
export class Receiver {
  readonly name: string;
  readonly received = new Map<number, Received>();
  /** Entries that it refuses, as long as nobody mends it. */
  readonly refuses = new Set<number>();
  /** All that it ever refused. */
  readonly everRefused = new Set<number>();
  /** Entries that somebody decided not to deliver to it. */
  readonly skipped = new Set<number>();
  mood: 'well' | (typeof moods)[number] = 'well';
  /** The first entry that it has yet to get. */
  #next = 0;
  /** How many entries came more than once. */
  repeats = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** The first entry that it has yet to get. */
  get next(): number {
    while (this.skipped.has(this.#next)) this.#next += 1;
    return this.#next;
  }

  refuse(seq: number): void {
    this.refuses.add(seq);
    this.everRefused.add(seq);
  }

  /** Takes a delivery, as far as its mood lets it. Throws SinkUnavailable, EntryRefused; Broken for what may not come. */
  take(entries: readonly SinkEntry[]): SinkDelivery {
    if (this.mood === 'away') throw new SinkUnavailable('nobody answers');
    if (this.mood === 'busy') throw new SinkUnavailable('busy', { retryAfterMs: busyMs });
    this.#requireOrder(entries);
    const before = (entries.at(0)?.seq ?? 0) - 1;
    const refused = entries.find(({ seq }) => this.refuses.has(seq));
    if (refused !== undefined && this.mood === 'well') throw new EntryRefused('one is wrong');
    const half = this.mood === 'half' ? entries.slice(0, Math.floor(entries.length / 2)) : entries;
    const taken = half.filter(({ seq }) => refused === undefined || seq < refused.seq);
    for (const { seq, id, leaf } of taken) this.#keep(seq, { id, leaf });
    const upTo = taken.at(-1)?.seq ?? before;
    if (taken.length === entries.length) return { upTo };
    const isRefused = refused !== undefined && taken.length < half.length;
    return {
      upTo,
      trouble: isRefused ? new EntryRefused('this one is wrong', refused) : new SinkUnavailable('half'),
    };
  }

  #keep(seq: number, received: Received): void {
    const before = this.received.get(seq);
    if (before !== undefined) {
      this.repeats += 1;
      if (before.id !== received.id || before.leaf !== received.leaf)
        throw new Broken(`${this.name} got entry ${String(seq)} again, as another one`);
    }
    this.received.set(seq, received);
    if (seq === this.next) this.#next += 1;
  }

  #requireOrder(entries: readonly SinkEntry[]): void {
    let expected = entries.at(0)?.seq ?? 0;
    if (expected > this.next)
      throw new Broken(`${this.name} gets entry ${String(expected)}, and never got ${String(this.next)}`);
    for (const { seq } of entries) {
      while (expected < seq && this.skipped.has(expected)) expected += 1;
      if (seq !== expected)
        throw new Broken(`${this.name} gets entry ${String(seq)} where ${String(expected)} comes`);
      expected += 1;
    }
  }
}
