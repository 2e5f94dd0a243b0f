import { binaryEvent, EventStoreDBClient } from '@eventstore/db-client';
import type { AppendToStreamOptions, BinaryEventData, ReadStreamOptions } from '@eventstore/db-client';
import { onTestFinished } from 'vitest';
import { startEventStore } from '../../doubles/eventstoredb/event-store.ts';
import type { EventStore, EventStoreOptions } from '../../doubles/eventstoredb/event-store.ts';

export interface Connected {
  readonly server: EventStore;
  readonly client: EventStoreDBClient;
}

/** A server, and the real client connected to it; both end with the test. */
export async function connected(options: EventStoreOptions = {}): Promise<Connected> {
  const server = await startEventStore(options);
  onTestFinished(() => server.stop());
  return { server, client: clientOf(server.url) };
}

export function clientOf(url: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url);
  onTestFinished(() => client.dispose());
  return client;
}

/** With it, an append is made in a call of its own. */
export const ownCall = { credentials: { username: 'writer', password: 'secret' } } as const;

/** With credentials the client appends in a call of its own, without them in a batch call. */
export const paths: readonly (readonly [string, Pick<AppendToStreamOptions, 'credentials'>])[] = [
  ['in a batch call', {}],
  ['in a call of its own', ownCall],
];

/** An event whose data are the one byte, or as many bytes as are asked for. */
export const event = (
  byte: number,
  { id, bytes = 1 }: { id?: string; bytes?: number } = {},
): BinaryEventData =>
  binaryEvent({
    ...(id === undefined ? {} : { id }),
    type: 'counted',
    data: new Uint8Array(bytes).fill(byte),
  });

/** Revision and first byte of each event that is read. */
export async function readAll(
  client: EventStoreDBClient,
  stream: string,
  options: ReadStreamOptions = {},
): Promise<string[]> {
  const read: string[] = [];
  for await (const { event: found } of client.readStream(stream, options)) {
    const data: unknown = found?.data;
    read.push(`${found?.revision}:${data instanceof Uint8Array ? data[0] : ''}`);
  }
  return read;
}
