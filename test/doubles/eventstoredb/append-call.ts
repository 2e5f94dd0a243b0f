import { status } from '@grpc/grpc-js';
import type { handleClientStreamingCall, sendUnaryData } from '@grpc/grpc-js';
import type { WriteAnswer } from './perform-write.ts';
import { performWrite } from './perform-write.ts';
import { empty, streams } from './protocol.ts';
import type { ExpectedRevision } from './records.ts';
import { noRevision } from './records.ts';
import { appendTooLarge, RpcError, streamDeleted, timedOut, unavailable } from './rpc-error.ts';
import type { ServerContext } from './server-context.ts';
import { expectedFrom, WriteRequestBuilder } from './write-request.ts';

type Callback = sendUnaryData<streams.AppendResp>;

/** The client sends options, then one event a message, and is answered once: this is its path with credentials. */
export const appendCall =
  (context: ServerContext): handleClientStreamingCall<streams.AppendReq, streams.AppendResp> =>
  (call, callback) => {
    const answer = once(callback);
    let builder: WriteRequestBuilder | undefined;
    call.on('data', (request: streams.AppendReq) => {
      try {
        builder = receive(context, builder, request);
      } catch (error) {
        answer(asRpcError(error));
      }
    });
    call.on('end', () => {
      if (builder === undefined) return;
      const { stream, expected } = builder;
      const refusal = context.refuseAccess(call, stream, 'write');
      if (refusal !== undefined) answer(refusal);
      else
        void performWrite(context, call, builder.build()).then((written) => {
          reply(written, stream, expected, answer);
        });
    });
  };

/** What fails while events arrive ends the call; the server does not wait for the rest. */
function once(callback: Callback): Callback {
  let answered = false;
  return (...answer) => {
    if (!answered) callback(...answer);
    answered = true;
  };
}

const asRpcError = (error: unknown): RpcError =>
  error instanceof RpcError ? error : new RpcError(status.UNKNOWN, 'Exception was thrown by handler.');

function receive(
  context: ServerContext,
  builder: WriteRequestBuilder | undefined,
  request: streams.AppendReq,
): WriteRequestBuilder {
  const options = request.getOptions();
  if (builder === undefined && options !== undefined)
    return new WriteRequestBuilder(
      options.getStreamIdentifier(),
      expectedFrom(options, options.getRevision()),
    );
  const proposed = request.getProposedMessage();
  if (builder === undefined || proposed === undefined) throw new Error('The messages are out of order.');
  builder.add(proposed);
  if (builder.bytes > context.appendBytesMax) throw appendTooLarge(context.appendBytesMax);
  return builder;
}

function reply(written: WriteAnswer, stream: string, expected: ExpectedRevision, answer: Callback): void {
  switch (written.kind) {
    case 'silence':
      return;
    case 'call-ends':
      answer(written.error);
      return;
    case 'timeout':
      answer(timedOut('Commit phase timeout.'));
      return;
    case 'not-ready':
      answer(unavailable('Server Is Not Ready'));
      return;
    case 'stream-deleted':
      answer(streamDeleted(stream));
      return;
    case 'wrong-expected-version':
      answer(null, new streams.AppendResp().setWrongExpectedVersion(wrongVersion(expected, written.current)));
      return;
    case 'written':
      answer(null, new streams.AppendResp().setSuccess(success(written.last, written.position)));
      return;
  }
}

function success(last: number, position: bigint | undefined): streams.AppendResp.Success {
  const message = new streams.AppendResp.Success();
  if (last === noRevision) message.setNoStream(empty());
  else message.setCurrentRevision(String(last));
  if (position === undefined) return message.setNoPosition(empty());
  return message.setPosition(
    new streams.AppendResp.Position()
      .setCommitPosition(String(position))
      .setPreparePosition(String(position)),
  );
}

/** Each fact is there twice: once more in the fields that clients of 20.6.0 read, which are narrower. */
function wrongVersion(expected: ExpectedRevision, current: number): streams.AppendResp.WrongExpectedVersion {
  const message = new streams.AppendResp.WrongExpectedVersion();
  if (current === noRevision) message.setCurrentNoStream(empty()).setNoStream2060(empty());
  else message.setCurrentRevision(String(current)).setCurrentRevision2060(current);
  switch (expected.kind) {
    case 'any':
      return message.setExpectedAny(empty()).setAny2060(empty());
    case 'stream-exists':
      return message.setExpectedStreamExists(empty()).setStreamExists2060(empty());
    case 'no-stream':
      return message.setExpectedNoStream(empty());
    case 'exact':
      return message
        .setExpectedRevision(String(expected.revision))
        .setExpectedRevision2060(expected.revision);
  }
}
