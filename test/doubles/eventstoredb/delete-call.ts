import type { handleUnaryCall } from '@grpc/grpc-js';
import { empty, streamFrom, streams } from './protocol.ts';
import type { shared } from './protocol.ts';
import type { RpcError } from './rpc-error.ts';
import { streamDeleted, unavailable, wrongExpectedVersion } from './rpc-error.ts';
import type { AnyCall, ServerContext } from './server-context.ts';
import { expectedFrom, expectedNumber } from './write-request.ts';

interface DeletionOptions {
  getStreamIdentifier(): shared.StreamIdentifier | undefined;
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
  getRevision(): string;
}

type Deletion =
  | { readonly kind: 'done'; readonly position: bigint | undefined }
  | { readonly kind: 'refused'; readonly error: RpcError };

/** Truncates everything; the stream may start anew, with the next revision. */
export const deleteCall =
  (context: ServerContext): handleUnaryCall<streams.DeleteReq, streams.DeleteResp> =>
  (call, callback) => {
    const options = call.request.getOptions() ?? new streams.DeleteReq.Options();
    const deletion = remove(context, call, options, false);
    if (deletion.kind === 'refused') callback(deletion.error);
    else if (deletion.position === undefined) callback(null, new streams.DeleteResp().setNoPosition(empty()));
    else {
      const position = new streams.DeleteResp.Position()
        .setCommitPosition(String(deletion.position))
        .setPreparePosition(String(deletion.position));
      callback(null, new streams.DeleteResp().setPosition(position));
    }
  };

/** Ends the stream for ever. */
export const tombstoneCall =
  (context: ServerContext): handleUnaryCall<streams.TombstoneReq, streams.TombstoneResp> =>
  (call, callback) => {
    const options = call.request.getOptions() ?? new streams.TombstoneReq.Options();
    const deletion = remove(context, call, options, true);
    if (deletion.kind === 'refused') callback(deletion.error);
    else if (deletion.position === undefined)
      callback(null, new streams.TombstoneResp().setNoPosition(empty()));
    else {
      const position = new streams.TombstoneResp.Position()
        .setCommitPosition(String(deletion.position))
        .setPreparePosition(String(deletion.position));
      callback(null, new streams.TombstoneResp().setPosition(position));
    }
  };

function remove(context: ServerContext, call: AnyCall, options: DeletionOptions, hard: boolean): Deletion {
  const stream = streamFrom(options.getStreamIdentifier());
  const expected = expectedFrom(options, options.getRevision());
  const refusal = context.stopped.aborted
    ? unavailable('Server Is Not Ready')
    : (context.refuseAccess(call, stream, 'delete') ?? context.refuseAsFollower(call, 'delete'));
  if (refusal !== undefined) return { kind: 'refused', error: refusal };
  const outcome = context.log.delete({ stream, expected, hard });
  switch (outcome.kind) {
    case 'stream-deleted':
      return { kind: 'refused', error: streamDeleted(stream) };
    case 'wrong-expected-version':
      return {
        kind: 'refused',
        error: wrongExpectedVersion(stream, String(expectedNumber(expected)), outcome.current),
      };
    case 'written':
      return { kind: 'done', position: outcome.position };
  }
}
