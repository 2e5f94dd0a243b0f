/**
 * The messages and services that the client ships, as generated from EventStoreDB's definitions. They are CommonJS
 * whose names Node.js cannot see, so they come as whole modules.
 */
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js';
import featureServices from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import gossipMessages from '@eventstore/db-client/generated/gossip_pb.js';
import gossipServices from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamServices from '@eventstore/db-client/generated/streams_grpc_pb.js';

export {
  featureMessages,
  featureServices,
  gossipMessages,
  gossipServices,
  shared,
  status,
  streams,
  streamServices,
};

export const empty = (): shared.Empty => new shared.Empty();

/** Google's own Empty, whose package is the client's and not ours: out of a message that holds one as its field 2. */
export const wellKnownEmpty = shared.WrongExpectedVersion.deserializeBinary(
  Uint8Array.of(0x12, 0),
).getCurrentNoStream();

const sixtyFourBits = 2n ** 64n;

/** What an unsigned field of 64 bits means where the server keeps signed numbers: its largest value is -1. */
export function signed(text: string): number {
  return Number(BigInt.asIntN(64, BigInt(text) % sixtyFourBits));
}

export function uuidFrom(message: shared.UUID | undefined): string {
  const structured = message?.getStructured();
  if (structured === undefined) return (message?.getString() ?? '').toLowerCase();
  const half = (text: string): string => BigInt.asUintN(64, BigInt(text)).toString(16).padStart(16, '0');
  const digits = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function uuidMessage(id: string, form: 'text' | 'structured'): shared.UUID {
  if (form === 'text') return new shared.UUID().setString(id);
  const digits = id.replaceAll('-', '');
  const half = (from: number): string =>
    BigInt.asIntN(64, BigInt(`0x${digits.slice(from, from + 16)}`)).toString();
  const structured = new shared.UUID.Structured()
    .setMostSignificantBits(half(0))
    .setLeastSignificantBits(half(16));
  return new shared.UUID().setStructured(structured);
}

export const streamFrom = (identifier: shared.StreamIdentifier | undefined): string =>
  new TextDecoder().decode(identifier?.getStreamName_asU8());

export const identifierOf = (stream: string): shared.StreamIdentifier =>
  new shared.StreamIdentifier().setStreamName(new TextEncoder().encode(stream));
