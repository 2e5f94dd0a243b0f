import type { StreamEntry } from '../event-stream.ts';
import type { BatchLimits, SinkEntry } from './port.ts';

/** What waits for a sink beyond this is not read yet: memory is bounded, however far the sink is behind. */
const waitingMax = { entries: 2_000, bytes: 8_388_608 };

const nothing = (): void => undefined;

/** Entries on their way to a sink: read and written ahead, up to a bound, while others are being delivered. */
export class Intake {
  readonly #entries: AsyncGenerator<StreamEntry, void, undefined>;
  readonly #write: (entry: StreamEntry) => SinkEntry;
  readonly #waiting: SinkEntry[] = [];
  readonly #pumping: Promise<void>;
  #bytes = 0;
  #lastRead = -1;
  #isOver = false;
  #failure: { readonly cause: unknown } | undefined;
  #room = Promise.withResolvers<undefined>();
  #onChange: () => void = nothing;

  constructor(
    entries: AsyncGenerator<StreamEntry, void, undefined>,
    write: (entry: StreamEntry) => SinkEntry,
  ) {
    this.#entries = entries;
    this.#write = write;
    this.#pumping = this.#pump();
  }

  /** The last entry that was read; -1 before the first. */
  get lastRead(): number {
    return this.#lastRead;
  }

  /** Calls back once, at the next change, in place of whoever was to be called before. */
  onChange(callback: () => void): void {
    this.#onChange = callback;
  }

  /**
   * The first entries that wait, as many as a delivery may hold; none where none have come. Throws what reading threw, once what was
   * read before is gone.
   */
  peek({ entriesMax, bytesMax }: BatchLimits): readonly SinkEntry[] {
    if (this.#waiting.length === 0 && this.#failure !== undefined) throw this.#failure.cause;
    let bytes = 0;
    const tooMany = this.#waiting.findIndex(({ text }, index) => {
      bytes += Buffer.byteLength(text);
      return index >= entriesMax || (index > 0 && bytes > bytesMax);
    });
    return this.#waiting.slice(0, tooMany === -1 ? undefined : tooMany);
  }

  /** Lets go of the entries up to one that was acknowledged. */
  drop(upTo: number): void {
    const first = this.#waiting.findIndex(({ seq }) => seq > upTo);
    const gone = this.#waiting.splice(0, first === -1 ? this.#waiting.length : first);
    for (const { text } of gone) this.#bytes -= Buffer.byteLength(text);
    this.#room.resolve(undefined);
  }

  /** Returns once nothing is read any more. Whoever follows the ledger has told it to end before. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#room.resolve(undefined);
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    try {
      for await (const entry of this.#entries) {
        const written = this.#write(entry);
        this.#waiting.push(written);
        this.#bytes += Buffer.byteLength(written.text);
        this.#lastRead = written.seq;
        this.#changed();
        while (!this.#isOver && this.#isFull()) {
          this.#room = Promise.withResolvers();
          await this.#room.promise;
        }
        if (this.#isOver) return;
      }
    } catch (cause) {
      this.#failure = { cause };
      this.#changed();
    }
  }

  #changed(): void {
    const callback = this.#onChange;
    this.#onChange = nothing;
    callback();
  }

  #isFull(): boolean {
    return this.#waiting.length >= waitingMax.entries || this.#bytes >= waitingMax.bytes;
  }
}
