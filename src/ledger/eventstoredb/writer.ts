import {
  binaryEvent,
  WrongExpectedVersionError,
  type AppendExpectedRevision,
  type AppendResult,
  type AppendToStreamOptions,
  type EventData,
} from '@eventstore/db-client';
import { readEnvelope } from '../../../events/codec/decode.ts';
import { Fault } from '../../runtime/errors.ts';
import { LedgerForked, UnknownOutcome } from '../faults.ts';
import { failureOf, unavailable } from './esdb-error.ts';
import { persist, within } from './patience.ts';
import { readPage, type StreamPlace } from './reader.ts';

/** The most bytes of one write: the server's own limit. */
export const writeBytesMax = 1_048_576;
/** Bytes that the server counts for an event beside its data: its type, twice, and some room. */
const overheadBytes = 128;

/** The part of the client that writes. */
export interface WritingClient {
  appendToStream(
    streamName: string,
    events: EventData[],
    options?: AppendToStreamOptions,
  ): Promise<AppendResult>;
}

export interface WritablePlace extends StreamPlace {
  readonly client: StreamPlace['client'] & WritingClient;
}

/** An entry by its id and exact bytes. */
export interface WritableEntry {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Divides entries in order among writes, each as full as it may be. */
export function inWrites(entries: readonly WritableEntry[]): WritableEntry[][] {
  const writes: WritableEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const bytes = entry.bytes.length + overheadBytes;
    if (bytes > room) {
      writes.push([]);
      room = writeBytesMax;
    }
    room -= bytes;
    writes.at(-1)?.push(entry);
  }
  return writes;
}

/**
 * Writes entries with one call, from seq `at` on and nowhere else. False if others came first: then nothing was
 * written. A call without an answer is repeated with the same ids and the same place, which the server takes as one
 * write. Throws UnknownOutcome if patience ends in doubt; StoreUnavailable, LedgerForked.
 */
export async function write(
  place: WritablePlace,
  { entries, at }: { entries: readonly WritableEntry[]; at: number },
): Promise<boolean> {
  const events = entries.map(eventOf);
  const ids = entries.map(({ id }) => id);
  try {
    return await persist(place.place, place.patience, {
      attempt: async ({ doubtful }) => {
        const refusal = await append(place, { events, at });
        if (refusal === undefined) return true;
        requireNotShorter(place, { refusal, at });
        return doubtful && (await isThere(place, { entries, at }));
      },
      onDoubt: (cause) => new UnknownOutcome(ids, cause),
    });
  } catch (error) {
    if (failureOf(error) === 'deleted') throw new LedgerForked({ place: place.place, from: 0 });
    throw failureOf(error) === 'other' && !(error instanceof Fault) ? unavailable(place.place, error) : error;
  }
}

/** Undefined if the entries were written. */
async function append(
  { client, stream, patience, place }: WritablePlace,
  { events, at }: { events: EventData[]; at: number },
): Promise<WrongExpectedVersionError | undefined> {
  const expectedRevision: AppendExpectedRevision = at === 0 ? 'no_stream' : BigInt(at - 1);
  const options = { expectedRevision, requiresLeader: true, deadline: patience.callMilliseconds };
  try {
    const call = client.appendToStream(stream, events, options);
    const { nextExpectedRevision } = await within(patience, call);
    requirePlace(place, { last: Number(nextExpectedRevision), expected: at + events.length - 1 });
    return undefined;
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) return error;
    throw error;
  }
}

/** A deleted stream takes new entries as if it were empty, but goes on with its old numbers. */
function requirePlace(place: string, { last, expected }: { last: number; expected: number }): void {
  if (last !== expected) throw new LedgerForked({ place, from: expected, found: last });
}

/** A stream that is shorter than before is another one: an old copy, or a stream made after a deletion. */
function requireNotShorter(
  { place }: WritablePlace,
  { refusal: { actualVersion }, at }: { refusal: WrongExpectedVersionError; at: number },
): void {
  const last = typeof actualVersion === 'bigint' ? Number(actualVersion) : -1;
  if (last < at - 1) throw new LedgerForked({ place, from: last + 1 });
}

/** True if an earlier try had its effect, though it was not answered. */
async function isThere(
  place: WritablePlace,
  { entries, at }: { entries: readonly WritableEntry[]; at: number },
): Promise<boolean> {
  const [first] = await readPage(place, { from: at, count: 1 });
  const [ours] = entries;
  return first !== undefined && ours !== undefined && Buffer.compare(first.bytes, ours.bytes) === 0;
}

function eventOf({ id, bytes }: WritableEntry): EventData {
  const { type } = readEnvelope({ seq: 0, bytes });
  return binaryEvent({ id, type, data: bytes });
}
