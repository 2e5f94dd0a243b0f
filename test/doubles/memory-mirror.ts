import { MirrorUnavailable } from '../../src/siem/mirror/faults.ts';
import type { FoundMessage, Mirror, MirrorExtent, MirrorMessage } from '../../src/siem/mirror/port.ts';

/** What becomes of a message that is published. */
export type Fate = 'taken' | 'not-taken' | 'answer-lost';

/** A mirror in memory, which keeps the promises of the port, and to which things happen. */
export class MemoryMirror implements Mirror {
  readonly name = 'MIRROR';
  readonly beats: string[] = [];
  messages: FoundMessage[] | undefined;
  /** Of the messages to come, in order; all others are taken. */
  fates: Fate[] = [];
  isAway = false;
  /** The most messages that were under way at once. */
  underWayMax = 0;
  #underWay = 0;

  idOf(seq: number): string {
    return `l:${String(seq)}`;
  }

  async open(): Promise<{ isNew: boolean }> {
    await this.#reach();
    const isNew = this.messages === undefined;
    this.messages ??= [];
    return { isNew };
  }

  async extent(): Promise<MirrorExtent | undefined> {
    await this.#reach();
    return this.messages && { first: 1, last: this.messages.length, count: this.messages.length };
  }

  async find(sequence: number): Promise<FoundMessage | undefined> {
    await this.#reach();
    return this.messages?.[sequence - 1];
  }

  async *read({ from, to }: { from: number; to: number }): AsyncGenerator<FoundMessage, void, undefined> {
    await this.#reach();
    yield* this.messages?.slice(from - 1, to) ?? [];
  }

  async publish({ seq, body, leaf }: MirrorMessage): Promise<boolean> {
    this.#underWay += 1;
    this.underWayMax = Math.max(this.underWayMax, this.#underWay);
    try {
      await this.#reach();
      const fate = this.fates.shift() ?? 'taken';
      if (fate === 'not-taken' || this.messages === undefined) throw new MirrorUnavailable('not taken');
      if (seq !== this.messages.length) return this.messages[seq]?.id === this.idOf(seq) && seq >= this.known;
      this.messages.push({ sequence: seq + 1, id: this.idOf(seq), leaf, body });
      if (fate === 'answer-lost') throw new MirrorUnavailable('answer lost');
      return true;
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Ids from this seq on are remembered: a repetition is answered as the first was. */
  known = Infinity;

  beat(text: string): Promise<void> {
    this.beats.push(text);
    return Promise.resolve();
  }

  async #reach(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.isAway) throw new MirrorUnavailable('away');
  }
}
