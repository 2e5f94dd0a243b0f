import { createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../../../runtime/clock.ts';
import { secretIn } from '../given-files.ts';
import { HttpPost } from '../http-post.ts';
import type { BatchLimits, Sink, SinkBeat, SinkDelivery, SinkEntry } from '../port.ts';
import type { SinkOrigin, WebhookSettings } from '../settings.ts';

const compressed = promisify(gzip);

/** An address to which batches are posted: a line an event. */
export function webhookSink(settings: WebhookSettings, origin: SinkOrigin, clock: Clock): Sink {
  return new WebhookSink(settings, origin, clock);
}

class WebhookSink implements Sink {
  readonly limits: BatchLimits = { entriesMax: 500, bytesMax: 1_048_576 };
  readonly #settings: WebhookSettings;
  readonly #origin: SinkOrigin;
  readonly #clock: Clock;
  readonly #http: HttpPost;

  constructor(settings: WebhookSettings, origin: SinkOrigin, clock: Clock) {
    this.#settings = settings;
    this.#origin = origin;
    this.#clock = clock;
    this.#http = new HttpPost(settings, clock);
  }

  async deliver(entries: readonly SinkEntry[], signal: AbortSignal): Promise<SinkDelivery> {
    const [first, last] = [entries.at(0)?.seq ?? 0, entries.at(-1)?.seq ?? 0];
    const headers = { 'x-isoledger-first': String(first), 'x-isoledger-last': String(last) };
    await this.#post(entries, { headers, signal });
    return { upTo: last };
  }

  async beat(beat: SinkBeat, signal: AbortSignal): Promise<void> {
    await this.#post([beat], { headers: { 'x-isoledger-heartbeat': 'true' }, signal });
  }

  close(): Promise<void> {
    this.#http.close();
    return Promise.resolve();
  }

  async #post(
    lines: readonly { readonly text: string }[],
    { headers, signal }: { headers: Readonly<Record<string, string>>; signal: AbortSignal },
  ): Promise<void> {
    const text = lines.map((line) => `${line.text}\n`).join('');
    await this.#http.deliver({
      headers: {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'x-isoledger-ledger': this.#origin.ledgerId,
        'x-isoledger-format': this.#origin.format,
        ...headers,
        ...this.#signature(text),
      },
      body: await compressed(text),
      signal,
    });
  }

  /** A delivery that somebody recorded cannot be sent again later as a new one: the time is signed too. */
  #signature(text: string): Record<string, string> {
    const { secretFile } = this.#settings;
    if (secretFile === undefined) return {};
    const time = String(Math.floor(Date.parse(this.#clock.now()) / 1_000));
    const code = createHmac('sha256', secretIn(secretFile)).update(`${time}.${text}`).digest('hex');
    return { 'x-isoledger-signature': `t=${time},v1=${code}` };
  }
}
