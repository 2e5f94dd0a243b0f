import { Metadata, status } from '@grpc/grpc-js';

/** How a call ends that has no answer of its own kind. The client reads `exception` and its companions. */
export class RpcError extends Error {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: status, details: string, trailers: Readonly<Record<string, string>> = {}) {
    super(details);
    this.code = code;
    this.details = details;
    this.metadata = new Metadata();
    for (const [key, value] of Object.entries(trailers)) this.metadata.set(key, value);
  }
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export const notLeader = ({ host, port }: Endpoint): RpcError =>
  new RpcError(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  });

export const accessDenied = (): RpcError =>
  new RpcError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const unauthenticated = (): RpcError =>
  new RpcError(status.UNAUTHENTICATED, 'Bad gRPC response. HTTP status code: 401');

export const unavailable = (details: string): RpcError => new RpcError(status.UNAVAILABLE, details);

export const timedOut = (details: string): RpcError =>
  new RpcError(status.ABORTED, `Operation timed out: ${details}`);

export const streamDeleted = (stream: string): RpcError =>
  new RpcError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const appendTooLarge = (bytesMax: number): RpcError =>
  new RpcError(status.INVALID_ARGUMENT, `Maximum Append Size of ${bytesMax} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(bytesMax),
  });

export const metadataMissing = (name: string): RpcError =>
  new RpcError(status.INVALID_ARGUMENT, `Required Metadata Property '${name}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

/** Deletions answer so; appends have an answer of their own for it. Absence is -1, as the real server writes it. */
export const wrongExpectedVersion = (stream: string, expected: string, current: number): RpcError =>
  new RpcError(
    status.FAILED_PRECONDITION,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${current}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': expected,
      'actual-version': String(current),
    },
  );

export const notSupported = (what: string): RpcError =>
  new RpcError(status.UNIMPLEMENTED, `${what} is not part of this double`);
