import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../runtime/clock.ts';
import { printable } from '../../runtime/printable.ts';
import { EntryRefused, SinkUnavailable } from './faults.ts';
import { tlsOptions } from './given-files.ts';
import type { HttpAccess } from './settings.ts';
import { reasonWords } from './reason.ts';
import { untilLate } from './until-late.ts';

/** What a receiver answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

export interface HttpRequest {
  /** What comes behind the receiver's own path, as `/_bulk`. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly signal: AbortSignal;
}

/** The most bytes of an answer that are read. */
const answerBytesMax = 16_777_216;
/** The most characters of an answer that are told. */
const toldMax = 300;

/** These say that what was sent is wrong. All others may go away: a token is renewed, an index made, a proxy put right. */
const refusing: readonly number[] = [400, 413, 415, 422];

/** A receiver that is posted to. Connections stay open between deliveries. */
export class HttpPost {
  /** The receiver as it may be shown. */
  readonly shown: string;
  readonly #access: HttpAccess;
  readonly #clock: Clock;
  #agent: PlainAgent | TlsAgent | undefined;

  constructor(access: HttpAccess, clock: Clock) {
    const { origin, pathname } = new URL(access.url);
    this.shown = `${origin}${pathname}`;
    this.#access = access;
    this.#clock = clock;
  }

  /** The answer, whatever it says. Throws SinkUnavailable where there is none in time. */
  async post(request: HttpRequest): Promise<HttpAnswer> {
    const { timeoutSeconds } = this.#access;
    const bounds = { clock: this.#clock, withinMs: timeoutSeconds * 1_000, signal: request.signal };
    try {
      return await untilLate(bounds, (signal) => this.#send({ ...request, signal }));
    } catch (cause) {
      const words =
        cause instanceof SinkUnavailable ? `: ${cause.message}` : ` does not answer: ${reasonWords(cause)}`;
      throw new SinkUnavailable(`${this.shown}${words}`, { cause });
    }
  }

  /** As post, for an answer of success. Throws SinkUnavailable, EntryRefused. */
  async deliver(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.post(request);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw this.troubleOf(answer);
  }

  /** What an answer that is none of success means. */
  troubleOf(answer: HttpAnswer): SinkUnavailable | EntryRefused {
    const words = `${this.shown} answers ${String(answer.status)}: ${inShort(answer.body)}`;
    return refusing.includes(answer.status) ? new EntryRefused(words) : this.unavailable(words, answer);
  }

  /** Honours how long the receiver asks to be left alone. */
  unavailable(words: string, { retryAfter }: Pick<HttpAnswer, 'retryAfter'>): SinkUnavailable {
    const ms = retryAfterMs(retryAfter, this.#clock);
    return new SinkUnavailable(words, ms === undefined ? {} : { retryAfterMs: ms });
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #send({ path = '', headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const url = new URL(this.#access.url);
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
    const isTls = url.protocol === 'https:';
    const agent = (this.#agent ??= isTls
      ? new TlsAgent({ keepAlive: true, ...tlsOptions(this.#access) })
      : new PlainAgent({ keepAlive: true }));
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method: 'POST', agent, headers: { ...headers, ...length }, signal };
    return new Promise((resolve, reject) => {
      const sent = (isTls ? tlsRequest : plainRequest)(url, options, (answer) => {
        readWhole(answer).then(resolve, reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

async function readWhole(answer: IncomingMessage): Promise<HttpAnswer> {
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > answerBytesMax) answer.destroy(new Error('its answer is too long'));
  });
  const body = await text(answer);
  return { status: answer.statusCode ?? 0, body, retryAfter: answer.headers['retry-after'] };
}

/** By RFC 9110: seconds, or a date. Undefined for what is neither. */
function retryAfterMs(told: string | undefined, clock: Clock): number | undefined {
  if (told === undefined) return undefined;
  if (/^\d{1,9}$/.test(told.trim())) return Number(told) * 1_000;
  const ms = Date.parse(told) - Date.parse(clock.now());
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function inShort(body: string): string {
  const told = printable(body.trim());
  return told.length > toldMax ? `${told.slice(0, toldMax)}…` : told;
}
