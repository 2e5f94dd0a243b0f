import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../runtime/clock.ts';
import { EntryRefused, SinkUnavailable } from '../faults.ts';
import { secretIn } from '../given-files.ts';
import { HttpPost, type HttpAnswer } from '../http-post.ts';
import { jsonIn } from '../json-in.ts';
import type { BatchLimits, Sink, SinkBeat, SinkDelivery, SinkEntry } from '../port.ts';
import type { HecSettings, SinkOrigin } from '../settings.ts';

/** The HTTP Event Collector of Splunk. */
export function hecSink(settings: HecSettings, origin: SinkOrigin, clock: Clock): Sink {
  return new HecSink(settings, origin, clock);
}

const answerOfCollector = z.looseObject({ code: z.int().exactOptional(), ackId: z.int().exactOptional() });
const acks = z.looseObject({ acks: z.record(z.string(), z.boolean()) });

/** The collector's codes for events that are wrong themselves: no data, no format, no event, a blank one, wrong fields. */
const refusing: readonly number[] = [5, 6, 12, 13, 15];

/** How often the indexers are asked, and how long at most before it is delivered again, in milliseconds. */
const askMs = 1_000;
const indexedMsMax = 300_000;

class HecSink implements Sink {
  readonly limits: BatchLimits = { entriesMax: 500, bytesMax: 786_432 };
  readonly #settings: HecSettings;
  readonly #origin: SinkOrigin;
  readonly #clock: Clock;
  readonly #http: HttpPost;
  readonly #channel = randomUUID();

  constructor(settings: HecSettings, origin: SinkOrigin, clock: Clock) {
    this.#settings = settings;
    this.#origin = origin;
    this.#clock = clock;
    this.#http = new HttpPost(settings, clock);
  }

  async deliver(entries: readonly SinkEntry[], signal: AbortSignal): Promise<SinkDelivery> {
    const events = entries.map((entry) =>
      this.#eventOf(entry, { event_id: entry.id, seq: String(entry.seq) }),
    );
    const { ackId } = answerIn(await this.#post('/event', events.join('\n'), signal));
    if (this.#settings.acknowledged) await this.#indexed(ackId, signal);
    return { upTo: entries.at(-1)?.seq ?? -1 };
  }

  async beat(beat: SinkBeat, signal: AbortSignal): Promise<void> {
    await this.#post('/event', this.#eventOf(beat, { event_id: beat.id }), signal);
  }

  close(): Promise<void> {
    this.#http.close();
    return Promise.resolve();
  }

  #eventOf({ time, text }: SinkBeat, fields: Readonly<Record<string, string>>): string {
    const { index, source, sourcetype } = this.#settings;
    const { host, ledgerId, format } = this.#origin;
    const about = {
      time: Date.parse(time) / 1_000,
      host,
      source: source ?? `isoledger:${ledgerId}`,
      sourcetype: sourcetype ?? `isoledger:${format}`,
      ...(index === undefined ? {} : { index }),
      fields,
    };
    // A format that is JSON already is not parsed for it.
    const event = text.startsWith('{') ? text : JSON.stringify(text);
    return `${JSON.stringify(about).slice(0, -1)},"event":${event}}`;
  }

  async #post(path: string, body: string, signal: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.#http.post({
      path: `/services/collector${path}`,
      headers: {
        authorization: `Splunk ${secretIn(this.#settings.tokenFile)}`,
        'content-type': 'application/json',
        'x-splunk-request-channel': this.#channel,
      },
      body,
      signal,
    });
    const { status, retryAfter } = answer;
    if (status === 200) return answer;
    const trouble = this.#http.troubleOf(answer);
    const { code } = answerIn(answer);
    // A wrong index or channel is answered by 400 too, and is no fault of an event.
    if (!(trouble instanceof EntryRefused) || code === undefined || refusing.includes(code)) throw trouble;
    throw this.#http.unavailable(trouble.message, { retryAfter });
  }

  /** Waits until the indexers have it. */
  async #indexed(ackId: number | undefined, signal: AbortSignal): Promise<void> {
    if (ackId === undefined)
      throw new SinkUnavailable(
        `${this.#http.shown} gives no number to ask the indexers by: the token is not made for it`,
      );
    const begunMs = this.#clock.elapsedMs();
    while (this.#clock.elapsedMs() - begunMs < indexedMsMax && !signal.aborted) {
      const path = `/ack`;
      const answer = await this.#post(path, JSON.stringify({ acks: [ackId] }), signal);
      if (acks.safeParse(jsonIn(answer.body)).data?.acks[String(ackId)] === true) return;
      await this.#clock.sleep(askMs, signal);
    }
    throw new SinkUnavailable(`the indexers behind ${this.#http.shown} do not say that they have it`);
  }
}

function answerIn({ body }: HttpAnswer): z.infer<typeof answerOfCollector> {
  return answerOfCollector.safeParse(jsonIn(body)).data ?? {};
}
