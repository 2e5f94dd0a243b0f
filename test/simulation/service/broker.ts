import { MirrorUnavailable, StreamForked } from '../../../src/siem/mirror/faults.ts';
import type { FoundMessage, MirrorExtent, MirrorMessage } from '../../../src/siem/mirror/port.ts';

interface KeptMessage {
  readonly id: string;
  readonly leaf: string;
  readonly body: string;
  readonly atMs: number;
}

/** For so long a message that comes again is told by its id, in milliseconds. */
const windowMs = 120_000;

const foreignId = 'of somebody else';

/** A stream as the servers of a broker keep it: each message on condition of how many there are, and each id once for a while. */
export class Broker {
  readonly name = 'STREAM';
  readonly #elapsedMs: () => number;
  /** Undefined where there is no stream. */
  messages: KeptMessage[] | undefined;
  isAway = false;
  /** Somebody else put a message there. */
  isForked = false;
  /** When there was such a message last, in milliseconds. */
  #forkedAtMs = -Infinity;
  /** Whoever leads now is behind by so many messages, and does not know. */
  behind = 0;

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  idOf(seq: number): string {
    return `ledger:${String(seq)}`;
  }

  open(): { isNew: boolean } {
    this.#requireThere();
    const isNew = this.messages === undefined;
    this.messages ??= [];
    return { isNew };
  }

  extent(): MirrorExtent | undefined {
    this.#requireThere();
    if (this.messages === undefined) return undefined;
    const last = Math.max(0, this.messages.length - this.behind);
    return { first: 1, last, count: last };
  }

  find(sequence: number): FoundMessage | undefined {
    this.#requireThere();
    const found = this.messages?.slice(0, this.messages.length - this.behind)[sequence - 1];
    return found && { sequence, id: found.id, leaf: found.leaf, body: found.body };
  }

  /** True where the message stands under its number, now or since before; false where the last message has another number. */
  publish(message: MirrorMessage): boolean {
    this.#requireThere();
    const sequence = this.put(message, { expected: message.seq });
    if (sequence === undefined) return false;
    if (sequence === message.seq + 1) return true;
    throw new StreamForked(this.name, `entry ${String(message.seq)} stands there in another place`);
  }

  /** The number of the message; undefined where another number of messages was expected. */
  put(
    { seq, leaf, body }: MirrorMessage,
    { expected }: { expected: number | undefined },
  ): number | undefined {
    if (this.messages === undefined) throw new MirrorUnavailable('there is no stream');
    const id = this.idOf(seq);
    const since = this.#elapsedMs() - windowMs;
    const before = this.messages.findLastIndex((kept) => kept.id === id && kept.atMs >= since);
    if (before >= 0) return before + 1;
    if (expected !== undefined && this.messages.length !== expected) return undefined;
    this.messages.push({ id, leaf, body, atMs: this.#elapsedMs() });
    return this.messages.length;
  }

  /** The last messages are lost, as with the power of a server that had not written them down yet. */
  lose(count: number): void {
    const lost = this.messages?.splice(Math.max(0, this.messages.length - count)) ?? [];
    if (!lost.some(({ id }) => id === foreignId)) return;
    this.isForked = false;
    this.#forkedAtMs = this.#elapsedMs();
  }

  /** Whether somebody else's message was there within the last so many milliseconds. */
  wasForkedWithin(milliseconds: number): boolean {
    return this.isForked || this.#elapsedMs() - this.#forkedAtMs <= milliseconds;
  }

  /** Somebody removes the stream. */
  remove(): void {
    if (this.isForked) this.#forkedAtMs = this.#elapsedMs();
    this.messages = undefined;
    this.isForked = false;
  }

  /** Somebody else puts a message there. */
  fork(): void {
    if (this.messages === undefined) return;
    this.messages.push({ id: foreignId, leaf: '', body: '', atMs: this.#elapsedMs() });
    this.isForked = true;
  }

  #requireThere(): void {
    if (this.isAway) throw new MirrorUnavailable('no server leads');
  }
}
