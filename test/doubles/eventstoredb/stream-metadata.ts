import { z } from 'zod';
import type { ProposedEvent, StoredEvent } from './records.ts';

const roles = z.union([z.string(), z.array(z.string())]).optional();

const schema = z.looseObject({
  $maxCount: z.number().optional(),
  /** Seconds. */
  $maxAge: z.number().optional(),
  $tb: z.number().optional(),
  $acl: z.looseObject({ $r: roles, $w: roles, $d: roles, $mr: roles, $mw: roles }).optional(),
});

export type StreamMetadata = z.infer<typeof schema>;

/** The largest signed 64-bit number: before it, everything is truncated, and the stream counts as deleted. */
const everything = '9223372036854775807';

export const isMetadataStream = (stream: string): boolean => stream.startsWith('$$');
export const metadataStreamOf = (stream: string): string => `$$${stream}`;

/** Every write and read of a stream asks for its metadata, which seldom changes. */
const parsed = new WeakMap<ProposedEvent, StreamMetadata>();

export function parseStreamMetadata(event: ProposedEvent | undefined): StreamMetadata {
  if (event === undefined) return {};
  const metadata = parsed.get(event) ?? parse(event.data);
  parsed.set(event, metadata);
  return metadata;
}

/** What is no metadata has no effect, as in the real server. */
function parse(data: Uint8Array): StreamMetadata {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return {};
  }
}

export const isSoftDeleted = (metadata: StreamMetadata): boolean =>
  metadata.$tb !== undefined && metadata.$tb >= Number(everything);

/** The revision before which readers see nothing: one above the last where they see nothing at all. */
export function firstVisible(
  events: readonly StoredEvent[],
  { $maxCount, $maxAge, $tb = 0 }: StreamMetadata,
  now: number,
): number {
  const byCount = $maxCount === undefined ? 0 : events.length - $maxCount;
  const oldest = $maxAge === undefined ? -Infinity : now - $maxAge * 1000;
  const fresh = events.findIndex((event) => event.created >= oldest);
  return Math.max(0, $tb, byCount, fresh === -1 ? events.length : fresh);
}

/** The same metadata with another truncation, as the server writes it when a stream is deleted or starts anew. */
export function withTruncation(
  metadata: StreamMetadata,
  before: number | 'everything',
  id: string,
): ProposedEvent {
  // The number is beyond what JSON.stringify can write exactly.
  const text = JSON.stringify({ ...metadata, $tb: 0 }).replace(
    '"$tb":0',
    `"$tb":${before === 'everything' ? everything : String(before)}`,
  );
  return {
    id,
    type: '$metadata',
    json: true,
    data: new TextEncoder().encode(text),
    metadata: new Uint8Array(),
  };
}
