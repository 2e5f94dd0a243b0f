import type { WriteRequest } from './records.ts';
import type { shared, streams } from './protocol.ts';
import { signed, streamFrom, uuidFrom } from './protocol.ts';
import type { ExpectedRevision, ProposedEvent } from './records.ts';
import { sizeOf } from './records.ts';
import { metadataMissing } from './rpc-error.ts';

type Proposed = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

interface ExpectedRevisionFields {
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
}

/** `revision` is what the message says where it says none of the other three. */
export function expectedFrom(fields: ExpectedRevisionFields, revision: string): ExpectedRevision {
  if (fields.hasAny()) return { kind: 'any' };
  if (fields.hasNoStream()) return { kind: 'no-stream' };
  if (fields.hasStreamExists()) return { kind: 'stream-exists' };
  const exact = signed(revision);
  return exact === -1 ? { kind: 'no-stream' } : { kind: 'exact', revision: exact };
}

/** As the server counts it within: any is -2, no stream -1, an existing stream -4. */
export function expectedNumber(expected: ExpectedRevision): number {
  switch (expected.kind) {
    case 'any':
      return -2;
    case 'no-stream':
      return -1;
    case 'stream-exists':
      return -4;
    case 'exact':
      return expected.revision;
  }
}

/** A write whose events are still arriving. */
export class WriteRequestBuilder {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly #events: ProposedEvent[] = [];
  #bytes = 0;

  constructor(identifier: shared.StreamIdentifier | undefined, expected: ExpectedRevision) {
    this.stream = streamFrom(identifier);
    this.expected = expected;
  }

  /** The size so far, which the server limits. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws RpcError where the event lacks what every event must have. */
  add(message: Proposed): void {
    const event = proposedFrom(message);
    this.#bytes += sizeOf(event);
    this.#events.push(event);
  }

  build(): WriteRequest {
    return { stream: this.stream, expected: this.expected, events: this.#events };
  }
}

function proposedFrom(message: Proposed): ProposedEvent {
  const metadata = message.getMetadataMap();
  const required = (name: string): string => {
    const value = metadata.get(name);
    if (value === undefined || value === '') throw metadataMissing(name);
    return value;
  };
  return {
    id: uuidFrom(message.getId()),
    type: required('type'),
    json: required('content-type') === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}
