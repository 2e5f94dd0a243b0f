import { shared, status, wellKnownEmpty } from './protocol.ts';
import type { ExpectedRevision } from './records.ts';
import { noRevision } from './records.ts';

/** Of google.rpc.Code. */
const codes = {
  internal: 13,
  deadlineExceeded: 4,
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
} as const;

interface Details {
  serializeBinary(): Uint8Array;
}

/** One field whose value is bytes, in the wire form of protocol buffers. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Uint8Array.of((number << 3) | 2, ...length, rest, ...bytes);
}

/** A google.rpc.Status whose details are packed: its classes are the client's, so it is made out of its bytes. */
function statusWith(code: number, message: string, type: string, details: Details): status.Status {
  const text = new TextEncoder();
  const packed = [
    ...field(1, text.encode(`type.googleapis.com/${type}`)),
    ...field(2, details.serializeBinary()),
  ];
  return status.Status.deserializeBinary(
    Uint8Array.of(0x08, code, ...field(2, text.encode(message)), ...field(3, Uint8Array.from(packed))),
  );
}

const own = (name: string): string => `event_store.client.${name}`;

export const wrongExpectedVersionStatus = (expected: ExpectedRevision, current: number): status.Status =>
  statusWith(
    codes.alreadyExists,
    'WrongExpectedVersion',
    own('WrongExpectedVersion'),
    wrongVersionDetails(expected, current),
  );

export const streamDeletedStatus = (identifier: shared.StreamIdentifier): status.Status =>
  statusWith(
    codes.notFound,
    'StreamDeleted',
    own('StreamDeleted'),
    new shared.StreamDeleted().setStreamIdentifier(identifier),
  );

export const accessDeniedStatus = (): status.Status =>
  statusWith(codes.permissionDenied, 'AccessDenied', own('AccessDenied'), new shared.AccessDenied());

export const timeoutStatus = (): status.Status =>
  statusWith(codes.deadlineExceeded, 'Timeout', own('Timeout'), new shared.Timeout());

export const appendTooLargeStatus = (bytesMax: number): status.Status =>
  statusWith(
    codes.invalidArgument,
    'MaximumAppendSizeExceeded',
    own('MaximumAppendSizeExceeded'),
    new shared.MaximumAppendSizeExceeded().setMaxappendsize(bytesMax),
  );

export const badRequestStatus = (message: string): status.Status =>
  statusWith(
    codes.invalidArgument,
    'BadRequest',
    own('BadRequest'),
    new shared.BadRequest().setMessage(message),
  );

/** The server gives it no code. */
export const notReadyStatus = (): status.Status =>
  statusWith(0, 'Server Is Not Ready', 'google.protobuf.Empty', new shared.Empty());

function wrongVersionDetails(expected: ExpectedRevision, current: number): shared.WrongExpectedVersion {
  const message = new shared.WrongExpectedVersion();
  if (current === noRevision) message.setCurrentNoStream(wellKnownEmpty);
  else message.setCurrentStreamRevision(String(current));
  switch (expected.kind) {
    case 'any':
      return message.setExpectedAny(wellKnownEmpty);
    case 'stream-exists':
      return message.setExpectedStreamExists(wellKnownEmpty);
    case 'no-stream':
      return message.setExpectedNoStream(wellKnownEmpty);
    case 'exact':
      return message.setExpectedStreamPosition(String(expected.revision));
  }
}
