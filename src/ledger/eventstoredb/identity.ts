import { binaryEvent } from '@eventstore/db-client';
import { z } from 'zod';
import type { StoredEntry } from '../../../events/entry.ts';
import { LedgerDamaged, LedgerForked, StoreUnavailable } from '../faults.ts';
import { failureOf, unavailable } from './esdb-error.ts';
import { persist, within } from './patience.ts';
import { readPage, type ReadingClient } from './reader.ts';
import type { Patience } from './patience.ts';
import type { WritingClient } from './writer.ts';

const pointer = z.strictObject({ formatVersion: z.literal(1), ledger: z.string().regex(/^[0-9a-f-]{36}$/) });

interface PointerPlace {
  readonly client: ReadingClient & WritingClient;
  readonly patience: Patience;
  readonly place: string;
  /** The stream whose only event says which ledger it is. */
  readonly pointerStream: string;
}

/**
 * The id of the ledger on a server. If there is none, `create` makes one: of several processes that do so at once,
 * the first one's id stays. Throws StoreUnavailable, LedgerDamaged, LedgerForked.
 */
export async function ledgerIdAt(
  server: PointerPlace,
  { create, newId }: { create: boolean; newId: () => string },
): Promise<string> {
  const known = await readLedgerId(server);
  if (known !== undefined) return known;
  if (!create) {
    throw new StoreUnavailable(
      `there is no ledger on ${server.place}: see whether the URL is right; isoledger apply creates a ledger`,
    );
  }
  await writePointer(server, newId());
  const written = await readLedgerId(server);
  if (written === undefined) throw new LedgerDamaged(`${server.place} does not keep what is written to it`);
  return written;
}

/**
 * The id of the ledger on a server; undefined if there is none. Throws StoreUnavailable, LedgerDamaged; LedgerForked
 * if there was one.
 */
export async function readLedgerId(server: PointerPlace): Promise<string | undefined> {
  const entry = await readPointer(server);
  if (entry === undefined) return undefined;
  const parsed = pointer.safeParse(parseJson(entry.bytes));
  if (parsed.success) return parsed.data.ledger;
  throw notOurs(server);
}

async function readPointer(server: PointerPlace): Promise<StoredEntry | undefined> {
  try {
    const [entry] = await readPage({ ...server, stream: server.pointerStream }, { from: 0, count: 1 });
    return entry;
  } catch (error) {
    if (error instanceof LedgerForked) throw new LedgerForked({ pointer: inWords(server) });
    throw error instanceof LedgerDamaged ? notOurs(server) : error;
  }
}

function notOurs(server: PointerPlace): LedgerDamaged {
  return new LedgerDamaged(`${inWords(server)} names no ledger of this format`);
}

function inWords({ pointerStream, place }: PointerPlace): string {
  return `stream ${pointerStream} on ${place}`;
}

/** Does nothing if another process was faster. */
async function writePointer(
  { client, patience, place, pointerStream }: PointerPlace,
  ledger: string,
): Promise<void> {
  const data = Buffer.from(JSON.stringify({ formatVersion: 1, ledger }));
  const event = binaryEvent({ id: ledger, type: 'LedgerCreated', data });
  const options = { expectedRevision: 'no_stream', requiresLeader: true } as const;
  try {
    await persist(place, patience, {
      attempt: () => within(patience, client.appendToStream(pointerStream, [event], options)),
    });
  } catch (error) {
    if (failureOf(error) === 'conflict') return;
    throw error instanceof StoreUnavailable ? error : unavailable(place, error);
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
