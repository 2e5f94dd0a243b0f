import { z } from 'zod';
import type { Clock } from '../../../runtime/clock.ts';
import { printable } from '../../../runtime/printable.ts';
import { EntryRefused, SinkUnavailable } from '../faults.ts';
import { secretIn } from '../given-files.ts';
import { HttpPost, type HttpAnswer } from '../http-post.ts';
import { jsonIn } from '../json-in.ts';
import type { BatchLimits, Sink, SinkBeat, SinkDelivery, SinkEntry } from '../port.ts';
import type { ElasticsearchSettings, SinkOrigin } from '../settings.ts';

/** A data stream of Elasticsearch, or of OpenSearch. */
export function elasticsearchSink(settings: ElasticsearchSettings, origin: SinkOrigin, clock: Clock): Sink {
  return new ElasticsearchSink(settings, origin, clock);
}

const itemAnswer = z.looseObject({
  status: z.int(),
  error: z
    .looseObject({ type: z.string().exactOptional(), reason: z.string().exactOptional() })
    .exactOptional(),
});
const bulkAnswer = z.looseObject({ items: z.array(z.looseObject({ create: itemAnswer })) });
type ItemAnswer = z.infer<typeof itemAnswer>;

/** The most characters of a reason that are told. */
const reasonMax = 300;

class ElasticsearchSink implements Sink {
  readonly limits: BatchLimits = { entriesMax: 500, bytesMax: 5_242_880 };
  readonly #settings: ElasticsearchSettings;
  readonly #origin: SinkOrigin;
  readonly #http: HttpPost;
  /** What is there behind something that is not. It is not sent again. */
  #there: ReadonlySet<number> = new Set();

  constructor(settings: ElasticsearchSettings, origin: SinkOrigin, clock: Clock) {
    this.#settings = settings;
    this.#origin = origin;
    this.#http = new HttpPost(settings, clock);
  }

  async deliver(entries: readonly SinkEntry[], signal: AbortSignal): Promise<SinkDelivery> {
    const sent = entries.filter(({ seq }) => !this.#there.has(seq));
    const answers = sent.length === 0 ? [] : await this.#create(sent, signal);
    const failed = new Map<number, ItemAnswer>();
    for (const [at, { seq }] of sent.entries()) {
      const answer = answers[at];
      if (answer !== undefined && !isThere(answer)) failed.set(seq, answer);
    }
    const first = entries.find(({ seq }) => failed.has(seq));
    const last = entries.at(-1)?.seq ?? -1;
    const upTo = first === undefined ? last : first.seq - 1;
    const behind = entries.filter(({ seq }) => seq > upTo && !failed.has(seq));
    this.#there = new Set(behind.map(({ seq }) => seq));
    const answer = first && failed.get(first.seq);
    return first === undefined || answer === undefined
      ? { upTo }
      : { upTo, trouble: this.#troubleOf(first, answer) };
  }

  async beat(beat: SinkBeat, signal: AbortSignal): Promise<void> {
    await this.#create([beat], signal);
  }

  close(): Promise<void> {
    this.#http.close();
    return Promise.resolve();
  }

  /** The answer to each, in their order. Throws SinkUnavailable, EntryRefused. */
  async #create(sent: readonly SinkBeat[], signal: AbortSignal): Promise<readonly ItemAnswer[]> {
    const body = sent.map(
      (one) => `${JSON.stringify({ create: { _id: one.id } })}\n${this.#document(one)}\n`,
    );
    const answer = await this.#http.deliver({
      path: `/${encodeURIComponent(this.#settings.index)}/_bulk`,
      headers: { 'content-type': 'application/x-ndjson', ...this.#authorization() },
      body: body.join(''),
      signal,
    });
    return this.#itemsIn(answer, sent.length);
  }

  #itemsIn(answer: HttpAnswer, count: number): readonly ItemAnswer[] {
    const { data } = bulkAnswer.safeParse(jsonIn(answer.body));
    if (data?.items.length !== count)
      throw this.#http.unavailable(`${this.#http.shown} does not answer as a bulk is answered`, answer);
    return data.items.map(({ create }) => create);
  }

  /** A document of a data stream has a time. A format that is JSON already is not parsed for it. */
  #document({ time, text }: SinkBeat): string {
    if (this.#origin.format === 'ecs') return text;
    const at = `"@timestamp":${JSON.stringify(time)}`;
    return text.startsWith('{') ? `{${at},${text.slice(1)}` : `{${at},"message":${JSON.stringify(text)}}`;
  }

  #authorization(): Record<string, string> {
    const { apiKeyFile, user, passwordFile } = this.#settings;
    if (apiKeyFile !== undefined) return { authorization: `ApiKey ${secretIn(apiKeyFile)}` };
    if (user === undefined || passwordFile === undefined) return {};
    const credentials = Buffer.from(`${user}:${secretIn(passwordFile)}`).toString('base64');
    return { authorization: `Basic ${credentials}` };
  }

  #troubleOf({ seq }: SinkEntry, { status, error }: ItemAnswer): SinkUnavailable | EntryRefused {
    const why = printable(`${error?.type ?? ''} ${error?.reason ?? ''}`).slice(0, reasonMax);
    const words = `${this.#http.shown} answers ${String(status)} to entry ${String(seq)}: ${why}`;
    return status === 400 ? new EntryRefused(words, { seq }) : new SinkUnavailable(words);
  }
}

/** One that has this id already is the same one: it was created by a delivery whose answer was lost. */
function isThere({ status }: ItemAnswer): boolean {
  return status === 409 || (status >= 200 && status < 300);
}
