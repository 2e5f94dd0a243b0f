import { z } from 'zod';
import { digestOf } from '../../../events/codec/canonical.ts';
import { jsonIn } from './json-in.ts';

/** What a line says that a receiver holds: an entry by id or seq, and what tells whether it is as it was delivered. */
export interface HeldLine {
  readonly id?: string | undefined;
  readonly seq?: number | undefined;
  /** The leaf hash that it says its entry has. */
  readonly leaf?: string | undefined;
  /** The digest of the whole of it as a value, and in which form. */
  readonly whole?: { readonly form: 'entries' | 'cloudevents'; readonly digest: string } | undefined;
}

const seqOf = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(Number),
]);

const mapping = z.record(z.string(), z.unknown());

/** Each format by what only it has. What a store of others adds beside is passed over. */
const shapes = {
  cloudEvent: z.looseObject({ specversion: z.string(), id: z.string(), sequence: seqOf.exactOptional() }),
  entry: z.looseObject({ v: z.int(), id: z.string(), recordedAt: z.string(), batch: z.unknown() }),
  ocsf: z.looseObject({
    metadata: z.looseObject({ uid: z.string(), sequence: seqOf.exactOptional() }),
    unmapped: z.looseObject({ leaf_hash: z.string().exactOptional() }).exactOptional(),
  }),
  ecs: z.looseObject({
    event: z.looseObject({
      id: z.string(),
      sequence: seqOf.exactOptional(),
      hash: z.string().exactOptional(),
      original: z.string().exactOptional(),
    }),
  }),
  heartbeat: z.looseObject({ heartbeat: z.looseObject({ root: z.string() }) }),
  /** What searches of Elasticsearch and Splunk put around an event. */
  hit: z.looseObject({ _source: z.looseObject({}) }),
  result: z.looseObject({ result: z.looseObject({ _raw: z.string() }) }),
  raw: z.looseObject({ _raw: z.string() }),
  collected: z.looseObject({ event: z.looseObject({}), fields: z.looseObject({ event_id: z.string() }) }),
};

const idAlone = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * What a line of a receiver is about: an event in any format, also as the results of a search have it, an id, or a seq. `heartbeat` for
 * one of those; undefined for what is none of these.
 */
export function heldLine(text: string): HeldLine | 'heartbeat' | undefined {
  const line = text.trim().replace(/^"([^"\\]*)"$/, '$1');
  if (idAlone.test(line)) return { id: line.toLowerCase() };
  if (/^\d{1,15}$/.test(line)) return { seq: Number(line) };
  if (line.includes('[isoledger@32473 ')) return ofSyslog(line);
  if (line.includes('CEF:0|isoledger|')) return ofCef(line);
  return ofValue(jsonIn(line));
}

function ofValue(value: unknown): HeldLine | 'heartbeat' | undefined {
  const hit = shapes.hit.safeParse(value).data;
  if (hit !== undefined) return ofValue(hit._source);
  const raw = shapes.result.safeParse(value).data?.result._raw ?? shapes.raw.safeParse(value).data?._raw;
  if (raw !== undefined) return heldLine(raw);
  const collected = shapes.collected.safeParse(value).data;
  if (collected !== undefined) return ofValue(collected.event);
  return ofFormat(value);
}

function ofFormat(value: unknown): HeldLine | 'heartbeat' | undefined {
  const cloudEvent = shapes.cloudEvent.safeParse(value).data;
  if (cloudEvent !== undefined) {
    const { id, sequence: seq } = cloudEvent;
    return unlessBeat({
      id,
      seq,
      whole: { form: 'cloudevents', digest: digestOf(withoutTimestamp(value)) },
    });
  }
  const entry = shapes.entry.safeParse(value).data;
  if (entry !== undefined) {
    return { id: entry.id, whole: { form: 'entries', digest: digestOf(withoutTimestamp(value)) } };
  }
  const ocsf = shapes.ocsf.safeParse(value).data;
  if (ocsf !== undefined) {
    const { uid: id, sequence: seq } = ocsf.metadata;
    return unlessBeat({ id, seq, leaf: ocsf.unmapped?.leaf_hash });
  }
  const event = shapes.ecs.safeParse(value).data?.event;
  if (event !== undefined) {
    const original = event.original === undefined ? undefined : jsonIn(event.original);
    const about = { id: event.id, seq: event.sequence, leaf: event.hash };
    return unlessBeat(
      original === undefined ? about : { ...about, whole: { form: 'entries', digest: digestOf(original) } },
    );
  }
  return shapes.heartbeat.safeParse(value).success ? 'heartbeat' : undefined;
}

/** A data stream has the time beside what was delivered. */
function withoutTimestamp(value: unknown): object {
  const keys = Object.entries(mapping.parse(value));
  return Object.fromEntries(keys.filter(([key]) => key !== '@timestamp'));
}

function ofSyslog(line: string): HeldLine | 'heartbeat' | undefined {
  const [, data = ''] = /\[isoledger@32473 ((?:[^"\]]|"(?:[^"\\]|\\.)*")*)\]/.exec(line) ?? [];
  const value = (name: string): string | undefined =>
    new RegExp(`(?:^| )${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(data)?.[1];
  return ofTexts({ id: value('id'), seq: value('seq'), leaf: value('leafHash') });
}

function ofCef(line: string): HeldLine | 'heartbeat' | undefined {
  const value = (key: string): string | undefined => new RegExp(`(?:\\||\\s)${key}=(\\S+)`).exec(line)?.[1];
  return ofTexts({ id: value('externalId'), seq: value('cn1'), leaf: value('cs5') });
}

function ofTexts({
  id,
  seq,
  leaf,
}: {
  id: string | undefined;
  seq: string | undefined;
  leaf: string | undefined;
}): HeldLine | 'heartbeat' | undefined {
  return id === undefined ? undefined : unlessBeat({ id, seq: seqOf.safeParse(seq).data, leaf });
}

function unlessBeat(held: HeldLine): HeldLine | 'heartbeat' {
  return held.id?.includes(':heartbeat:') === true ? 'heartbeat' : held;
}
