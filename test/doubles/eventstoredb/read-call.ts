import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import type { StreamView } from './records.ts';
import { signed, streamFrom, streams } from './protocol.ts';
import type { StoredEvent } from './records.ts';
import { eventMessage, idFormOf, streamNotFoundMessage } from './read-messages.ts';
import { notSupported, streamDeleted, unavailable } from './rpc-error.ts';
import { flushed, send } from './send.ts';
import type { ServerContext } from './server-context.ts';
import { subscribe } from './subscription.ts';

type Call = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

/** Reads a stream in one of both directions, or subscribes to it. */
export const readCall =
  (context: ServerContext): handleServerStreamingCall<streams.ReadReq, streams.ReadResp> =>
  (call) => {
    const options = call.request.getOptions() ?? new streams.ReadReq.Options();
    const stream = streamFrom(options.getStream()?.getStreamIdentifier());
    const refusal = options.hasStream()
      ? (context.refuseAccess(call, stream, 'read') ?? context.refuseAsFollower(call, 'read'))
      : notSupported('Reading the log of all streams');
    if (refusal !== undefined) call.emit('error', refusal);
    else if (options.hasSubscription()) void subscribe(context, call, options);
    else void read(context, call, options, stream);
  };

async function read(
  context: ServerContext,
  call: Call,
  options: streams.ReadReq.Options,
  stream: string,
): Promise<void> {
  const fault = context.faults.read.shift();
  const view = context.log.view(stream);
  if (fault?.kind === 'unavailable') call.emit('error', unavailable('No connection established'));
  else if (view.kind === 'tombstoned') call.emit('error', streamDeleted(stream));
  else if (view.kind === 'missing') {
    await send(call, streamNotFoundMessage(stream));
    call.end();
  } else {
    const form = idFormOf(options);
    let sent = 0;
    for (const event of chosen(context, stream, view, options)) {
      if (fault !== undefined && sent === fault.after) break;
      if (!(await send(call, eventMessage(event, form)))) return;
      sent += 1;
    }
    if (fault === undefined) call.end();
    else
      await flushed(call).then(() => {
        context.drop(call);
      });
  }
}

/** The view is that of the moment of the call: what is appended meanwhile is not read. */
function* chosen(
  context: ServerContext,
  stream: string,
  { first, last }: Extract<StreamView, { kind: 'found' }>,
  options: streams.ReadReq.Options,
): Generator<StoredEvent> {
  const count = Number(options.getCount());
  const from = options.getStream();
  const revision = signed(from?.getRevision() ?? '0');
  const backwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  const start = from?.hasEnd() === true ? last : from?.hasStart() === true ? first : revision;
  // From the end forwards there is nothing: the end is behind the last event, as a revision is that is not there yet.
  const begin = backwards
    ? Math.min(start, last)
    : from?.hasEnd() === true
      ? last + 1
      : Math.max(start, first);
  const step = backwards ? -1 : 1;
  for (let at = begin, sent = 0; at >= first && at <= last && sent < count; at += step, sent += 1) {
    const event = context.log.at(stream, at);
    if (event !== undefined) yield event;
  }
}
