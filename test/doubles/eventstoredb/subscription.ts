import type { ServerWritableStream } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { noRevision } from './records.ts';
import { signed, streamFrom } from './protocol.ts';
import type { streams } from './protocol.ts';
import {
  caughtUpMessage,
  confirmationMessage,
  eventMessage,
  fellBehindMessage,
  idFormOf,
} from './read-messages.ts';
import { streamDeleted, timedOut, unavailable } from './rpc-error.ts';
import { flushed, send } from './send.ts';
import type { ServerContext } from './server-context.ts';

type Call = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

/** Live events that the real server holds for a subscriber; beyond them it has to catch up again. */
const liveEventsMax = 32;

/** Sends what comes after the given revision, then what is appended, until the reader leaves or a fault ends it. */
export async function subscribe(
  context: ServerContext,
  call: Call,
  options: streams.ReadReq.Options,
): Promise<void> {
  const fault = context.faults.subscription.shift();
  if (fault?.kind === 'unavailable') {
    call.emit('error', unavailable('No connection established'));
    return;
  }
  const subscription = new Subscription(context, call, options);
  const sentMax = fault?.after ?? Infinity;
  if (!(await subscription.run(sentMax)) || fault === undefined) return;
  await flushed(call);
  if (fault.kind === 'dropped') context.drop(call);
  else
    call.emit(
      'error',
      timedOut('Consumer too slow to handle event while live. Client resubscription required.'),
    );
}

class Subscription {
  readonly #context: ServerContext;
  readonly #call: Call;
  readonly #options: streams.ReadReq.Options;
  readonly #stream: string;
  #cursor: number;
  #live = false;

  constructor(context: ServerContext, call: Call, options: streams.ReadReq.Options) {
    this.#context = context;
    this.#call = call;
    this.#options = options;
    this.#stream = streamFrom(options.getStream()?.getStreamIdentifier());
    this.#cursor = this.#start();
  }

  /** Returns whether it ended because so many events were sent. */
  async run(sentMax: number): Promise<boolean> {
    const form = idFormOf(this.#options);
    let standing = await send(this.#call, confirmationMessage(randomUUID()));
    for (let sent = 0; standing;) {
      if (sent >= sentMax) return true;
      const head = this.#head();
      if (head === 'tombstoned') {
        this.#call.emit('error', streamDeleted(this.#stream));
        return false;
      }
      // After a wait, everything is looked at anew: nothing that was appended meanwhile is overlooked.
      const notice = this.#notice(head - this.#cursor);
      const event = this.#cursor < head ? this.#context.log.at(this.#stream, this.#cursor + 1) : undefined;
      if (notice !== undefined) standing = await send(this.#call, notice);
      else if (event === undefined) standing = await this.#nextCommit();
      else {
        standing = await send(this.#call, eventMessage(event, form));
        this.#cursor = event.revision;
        sent += 1;
      }
    }
    return false;
  }

  /** The last revision; skips what is truncated. A stream that is not there yet has nothing, and is no error. */
  #head(): number | 'tombstoned' {
    const view = this.#context.log.view(this.#stream);
    if (view.kind === 'tombstoned') return 'tombstoned';
    if (view.kind === 'missing') return this.#cursor;
    this.#cursor = Math.max(this.#cursor, view.first - 1);
    return view.last;
  }

  /** What tells the reader that it has all there is, or that it no longer has. */
  #notice(behind: number): streams.ReadResp | undefined {
    if (!this.#live && behind <= 0) {
      this.#live = true;
      return caughtUpMessage();
    }
    if (this.#live && behind > liveEventsMax) {
      this.#live = false;
      return fellBehindMessage();
    }
    return undefined;
  }

  /** Returns whether the call still stands. */
  #nextCommit(): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (): void => {
        forget();
        this.#call.off('cancelled', done);
        resolve(!this.#call.cancelled);
      };
      const forget = this.#context.log.onCommit(done);
      this.#call.once('cancelled', done);
    });
  }

  /** A subscription names the last event that its reader has, where a read names the first that it wants. */
  #start(): number {
    const from = this.#options.getStream();
    if (from?.hasEnd() === true) {
      const view = this.#context.log.view(this.#stream);
      return view.kind === 'found' ? view.last : noRevision;
    }
    return from?.hasRevision() === true ? signed(from.getRevision()) : noRevision;
  }
}
