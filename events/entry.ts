import { z } from 'zod';
import type { DomainEvent } from './catalogue.ts';
import { actorNameMax } from './free-text.ts';
import { instant, name } from './names.ts';

/** An entry's size limit in bytes: what a tiled log can carry (C2SP tlog-tiles, a 16-bit length). */
export const entryBytesMax = 65_535;

const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);

const actorName = z.string().min(1).max(actorNameMax);

/**
 * The person or program that acted, and how that is known: a name given on the command line, the account of the
 * operating system, or a token. Anybody can give any name, so `account` is the account that gave it; entries of
 * earlier versions lack it.
 */
export const actor = z.strictObject({
  name: actorName,
  authenticated: z.enum(['asserted', 'os-user', 'token']),
  account: actorName.optional(),
});
export type Actor = z.infer<typeof actor>;

/**
 * The envelope of every event. All of it is inside the hash, so nothing can be re-attributed. `subject` is the object
 * of the entry, in path segments: conditions and filters match whole segments. Entries appended together share
 * `batch.id` and are one instant: nobody acts on a part of a batch.
 */
export const envelope = z.strictObject({
  v: z.literal(1),
  id: uuid,
  subject: z.string().regex(/^[a-z]+(\/[a-z0-9.-]+)?$/),
  type: z.string().min(1),
  schemaVersion: z.int().min(1),
  tenant: name.optional(),
  recordedAt: instant,
  effectiveAt: instant.optional(),
  batch: z.strictObject({ id: uuid, index: z.int().min(0), count: z.int().min(1) }),
  actor,
  reason: z.string().optional(),
  source: z.string().optional(),
  idempotencyKey: z.string().optional(),
  correlation: z.string().optional(),
  causation: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type Envelope = z.infer<typeof envelope>;

/** An entry as it is stored: its place, and its exact bytes. */
export interface StoredEntry {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** A decoded entry: its place, its envelope, and its event at the current schema version. */
export type Entry = { readonly seq: number } & Omit<Envelope, 'type' | 'data'> & DomainEvent;
