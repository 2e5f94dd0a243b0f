import { get, type Agent, type IncomingMessage } from 'node:http';

/** Follows the event stream of a service, and knows which event came last. */
export class FeedFollower implements Disposable {
  readonly #answer: IncomingMessage;
  #seq: number;
  #rest = '';
  #came = Promise.withResolvers<undefined>();

  private constructor(
    answer: IncomingMessage,
    { after, onSeq }: { after: number; onSeq: (seq: number) => void },
  ) {
    this.#seq = after;
    this.#answer = answer.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${this.#rest}${text}`.split('\n');
      this.#rest = lines.pop() ?? '';
      const seq = Number(lines.findLast((line) => line.startsWith('id: '))?.slice(4) ?? this.#seq);
      if (seq === this.#seq) return;
      this.#seq = seq;
      onSeq(seq);
      this.#came.resolve(undefined);
      this.#came = Promise.withResolvers();
    });
  }

  /** Follows from behind an entry on; `onSeq` hears which event is the last one now. */
  static async of(
    port: number,
    {
      agent,
      after = -1,
      onSeq = () => undefined,
    }: { agent?: Agent; after?: number; onSeq?: (seq: number) => void } = {},
  ): Promise<FeedFollower> {
    const path = `/v1/events/stream?after=${String(after)}`;
    const asked = get({ port, host: '127.0.0.1', path, agent });
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.on('response', resolve).on('error', reject);
    });
    if (answer.statusCode !== 200) throw new Error(`the feed answers ${String(answer.statusCode)}`);
    return new FeedFollower(answer, { after, onSeq });
  }

  /** Returns once it has an event. */
  async has(seq: number): Promise<void> {
    while (this.#seq < seq) await this.#came.promise;
  }

  [Symbol.dispose](): void {
    this.#answer.destroy();
  }
}
