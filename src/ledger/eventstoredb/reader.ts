import {
  AccessDeniedError,
  type GetStreamMetadataResult,
  type ReadStreamOptions,
  type ResolvedEvent,
  type StreamingRead,
} from '@eventstore/db-client';
import type { StoredEntry } from '../../../events/entry.ts';
import { LedgerDamaged, LedgerForked, StoreUnavailable } from '../faults.ts';
import { failureOf, unavailable } from './esdb-error.ts';
import { persist, within, type Patience } from './patience.ts';

/** The part of the client that reads. */
export interface ReadingClient {
  readStream(streamName: string, options?: ReadStreamOptions): StreamingRead<ResolvedEvent>;
  getStreamMetadata(streamName: string): Promise<GetStreamMetadataResult>;
}

/** The place of a stream, for reading it and for words about it. */
export interface StreamPlace {
  readonly client: ReadingClient;
  readonly stream: string;
  /** The server and stream in words. */
  readonly place: string;
  readonly patience: Patience;
}

/**
 * At most `count` entries from seq `from` on, in order and without a gap; fewer at the end of the stream. Throws
 * LedgerForked if entries are gone that must be there; LedgerDamaged, StoreUnavailable.
 */
export async function readPage(
  { client, stream, place, patience }: StreamPlace,
  { from, count }: { from: number; count: number },
): Promise<readonly StoredEntry[]> {
  try {
    return await persist(place, patience, {
      attempt: () => readOnce({ client, stream, place, patience }, { from, count }),
    });
  } catch (error) {
    switch (failureOf(error)) {
      case 'missing':
        if (from > 0 || (await wasDeleted({ client, stream, place, patience })))
          throw new LedgerForked({ place, from });
        return [];
      case 'deleted':
        throw new LedgerForked({ place, from: 0 });
      default:
        throw error instanceof LedgerForked || error instanceof LedgerDamaged
          ? error
          : unavailable(place, error);
    }
  }
}

/**
 * True if the stream was deleted, which leaves a mark in its metadata. A user who may not read the metadata sees no
 * mark.
 */
async function wasDeleted({ client, stream, place, patience }: StreamPlace): Promise<boolean> {
  try {
    const { metadata } = await persist(place, patience, {
      attempt: () => within(patience, client.getStreamMetadata(stream)),
    });
    return metadata?.truncateBefore !== undefined;
  } catch (error) {
    if (error instanceof AccessDeniedError) return false;
    throw error instanceof StoreUnavailable ? error : unavailable(place, error);
  }
}

async function readOnce(
  { client, stream, place, patience }: StreamPlace,
  { from, count }: { from: number; count: number },
): Promise<readonly StoredEntry[]> {
  const options = { fromRevision: BigInt(from), maxCount: count, requiresLeader: true };
  const reading = client.readStream(stream, options);
  try {
    const entries = await within(patience, collect(reading, { place, from }));
    // A stream that is there has a first entry, unless it was cut.
    if (from === 0 && count > 0 && entries.length === 0) throw new LedgerForked({ place, from });
    return entries;
  } finally {
    // Cancelled also if no answer came, so that the server does not read on for nobody. Not awaited, since there may
    // be no server.
    void reading.cancel().catch(() => undefined);
  }
}

async function collect(
  reading: StreamingRead<ResolvedEvent>,
  { place, from }: { place: string; from: number },
): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const { event } of reading) {
    if (event === undefined) continue;
    entries.push(entryOf(event, { place, seq: from + entries.length }));
  }
  return entries;
}

function entryOf(
  { revision, data, isJson }: NonNullable<ResolvedEvent['event']>,
  { place, seq }: { place: string; seq: number },
): StoredEntry {
  if (revision !== BigInt(seq)) throw new LedgerForked({ place, from: seq, found: Number(revision) });
  if (isJson || !(data instanceof Uint8Array)) {
    throw new LedgerDamaged(
      `entry ${String(seq)} of ${place} was not written by a ledger: it is JSON of the store`,
    );
  }
  return { seq, bytes: data };
}
