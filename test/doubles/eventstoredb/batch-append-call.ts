import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { WriteAnswer } from './perform-write.ts';
import { performWrite } from './perform-write.ts';
import { identifierOf, shared, streams, uuidFrom, wellKnownEmpty } from './protocol.ts';
import type { status } from './protocol.ts';
import { noRevision } from './records.ts';
import type { ExpectedRevision } from './records.ts';
import type { ServerContext } from './server-context.ts';
import {
  accessDeniedStatus,
  appendTooLargeStatus,
  badRequestStatus,
  notReadyStatus,
  streamDeletedStatus,
  timeoutStatus,
  wrongExpectedVersionStatus,
} from './status-message.ts';
import { expectedFrom, WriteRequestBuilder } from './write-request.ts';

type Call = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

/** One call for many appends, each of one or more messages with its correlation id: the client's usual path. */
export const batchAppendCall =
  (context: ServerContext): handleBidiStreamingCall<streams.BatchAppendReq, streams.BatchAppendResp> =>
  (call) => {
    const batch = new BatchAppend(context, call);
    call.on('data', (request: streams.BatchAppendReq) => {
      batch.receive(request);
    });
    call.on('end', () => {
      batch.end();
    });
  };

class BatchAppend {
  readonly #context: ServerContext;
  readonly #call: Call;
  readonly #pending = new Map<string, WriteRequestBuilder>();
  #unanswered = 0;
  #ended = false;

  constructor(context: ServerContext, call: Call) {
    this.#context = context;
    this.#call = call;
  }

  receive(request: streams.BatchAppendReq): void {
    const correlation = uuidFrom(request.getCorrelationId());
    try {
      const builder = this.#pending.get(correlation) ?? this.#begin(request, correlation);
      if (builder === undefined) return;
      for (const message of request.getProposedMessagesList()) builder.add(message);
      if (builder.bytes > this.#context.appendBytesMax) {
        this.#pending.delete(correlation);
        this.#refuse(request, builder.stream, appendTooLargeStatus(this.#context.appendBytesMax));
      } else if (request.getIsFinal()) {
        this.#pending.delete(correlation);
        void this.#write(request, builder);
      }
    } catch (error) {
      this.#pending.delete(correlation);
      this.#refuse(request, '', badRequestStatus(error instanceof Error ? error.message : 'bad request'));
    }
  }

  /** The client has no more requests; the call ends when the last one is answered. */
  end(): void {
    this.#ended = true;
    if (this.#unanswered === 0) this.#call.end();
  }

  /** Messages of a request that was refused already begin nothing. */
  #begin(request: streams.BatchAppendReq, correlation: string): WriteRequestBuilder | undefined {
    const options = request.getOptions();
    if (options === undefined) return undefined;
    const expected = expectedFrom(options, options.getStreamPosition());
    const builder = new WriteRequestBuilder(options.getStreamIdentifier(), expected);
    const refused = this.#refusal(options, builder.stream);
    if (refused !== undefined) {
      this.#refuse(request, builder.stream, refused);
      return undefined;
    }
    this.#pending.set(correlation, builder);
    return builder;
  }

  #refusal(options: streams.BatchAppendReq.Options, stream: string): status.Status | undefined {
    if (this.#context.refuseAccess(this.#call, stream, 'write') !== undefined) return accessDeniedStatus();
    const deadline = options.getDeadline();
    return deadline !== undefined && deadline.toDate().getTime() <= Date.now() ? timeoutStatus() : undefined;
  }

  async #write(request: streams.BatchAppendReq, builder: WriteRequestBuilder): Promise<void> {
    this.#unanswered += 1;
    const answer = await performWrite(this.#context, this.#call, builder.build());
    this.#unanswered -= 1;
    if (answer.kind === 'silence' || this.#call.cancelled) return;
    if (answer.kind === 'call-ends') this.#call.emit('error', answer.error);
    else this.#answer(request, builder.stream, response(answer, builder.stream, builder.expected));
    if (this.#ended) this.end();
  }

  #refuse(request: streams.BatchAppendReq, stream: string, error: status.Status): void {
    this.#answer(request, stream, new streams.BatchAppendResp().setError(error));
  }

  #answer(request: streams.BatchAppendReq, stream: string, answer: streams.BatchAppendResp): void {
    if (this.#call.cancelled || this.#call.writableEnded) return;
    this.#call.write(
      answer.setCorrelationId(request.getCorrelationId()).setStreamIdentifier(identifierOf(stream)),
    );
  }
}

function response(
  answer: Exclude<WriteAnswer, { kind: 'silence' | 'call-ends' }>,
  stream: string,
  expected: ExpectedRevision,
): streams.BatchAppendResp {
  const message = new streams.BatchAppendResp();
  switch (answer.kind) {
    case 'timeout':
      return message.setError(timeoutStatus());
    case 'not-ready':
      return message.setError(notReadyStatus());
    case 'stream-deleted':
      return message.setError(streamDeletedStatus(identifierOf(stream)));
    case 'wrong-expected-version':
      return message.setError(wrongExpectedVersionStatus(expected, answer.current));
    case 'written':
      return message.setSuccess(success(answer.last, answer.position));
  }
}

function success(last: number, position: bigint | undefined): streams.BatchAppendResp.Success {
  const message = new streams.BatchAppendResp.Success();
  if (last === noRevision) message.setNoStream(wellKnownEmpty);
  else message.setCurrentRevision(String(last));
  if (position === undefined) return message.setNoPosition(wellKnownEmpty);
  return message.setPosition(
    new shared.AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position)),
  );
}
