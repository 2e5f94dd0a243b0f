import { z } from 'zod';
import { digestOf } from '../../../events/codec/canonical.ts';
import { hasDoubleKey } from './double-key.ts';
import { jsonIn } from './json-in.ts';

/** What a line says that a receiver holds: an entry by id or seq, and what tells whether it is as it was delivered. */
export interface HeldLine {
  readonly id?: string | undefined;
  readonly seq?: number | undefined;
  /** The leaf hash that it says its entry has. */
  readonly leaf?: string | undefined;
  readonly whole?: HeldWhole | undefined;
}

/** The digest of the whole of it as a value, and in which form. None where it is no value that all readers agree about. */
interface HeldWhole {
  readonly form: 'entries' | 'cloudevents';
  readonly digest: string | undefined;
}

const seqOf = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(Number),
]);

const mapping = z.record(z.string(), z.unknown());

/** What an entry or a CloudEvent has, also one that was altered: the event of ECS has none of it. */
const notOfEcs = {
  specversion: z.never().exactOptional(),
  datacontenttype: z.never().exactOptional(),
  recordedAt: z.never().exactOptional(),
  data: z.never().exactOptional(),
};

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
      ...notOfEcs,
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

/** The header of RFC 5424, up to its structured data, also behind the length that frames a message (RFC 5425). */
const syslogHeader = /^(?:\d{1,6} )?<\d{1,3}>\d{1,2} (?:\S+ ){5}/;
/** An element of structured data: its name, and its parameters. */
const syslogElement = /\[([^\s="\]]+)((?: [^\s="\]]+="(?:[^"\\]|\\.)*")*) ?\]/y;
const syslogParameter = / ([^\s="\]]+)="((?:[^"\\]|\\.)*)"/g;
const syslogDataId = 'isoledger@32473';

/** What a collector writes before a message by RFC 3164, also in a file: a time, a host, and the name of the program. */
const collectorHeader =
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+) \S+ (?:isoledger\S* )?(?=CEF:|\{)/;

/** The header of CEF: of its fields, a bar or backslash that belongs to the value stands behind a backslash. */
const cefHeader = /^CEF:0\|isoledger\|(?:(?:[^|\\]|\\.)*\|){5}/;

/**
 * What a line of a receiver is about: an event in any format, also as the results of a search have it, an id, or a seq. `heartbeat` for
 * one of those; undefined for what is none of these. The format is what the line begins with: values hold whatever somebody wrote.
 */
export function heldLine(text: string): HeldLine | 'heartbeat' | undefined {
  const line = text.trim().replace(/^"([^"\\]*)"$/, '$1');
  if (idAlone.test(line)) return { id: line.toLowerCase() };
  if (/^\d{1,15}$/.test(line)) return { seq: Number(line) };
  const header = syslogHeader.exec(line)?.[0];
  if (header !== undefined) return ofSyslog(line.slice(header.length));
  return ofMessage(line.slice(collectorHeader.exec(line)?.[0].length ?? 0));
}

/** What stands in a line by itself, or is the message of syslog. */
function ofMessage(message: string): HeldLine | 'heartbeat' | undefined {
  return message.startsWith('{') ? ofValue(jsonIn(message), message) : ofCef(message);
}

/** `text` is the JSON in which the value stands. */
function ofValue(value: unknown, text: string): HeldLine | 'heartbeat' | undefined {
  if (shapes.hit.safeParse(value).success) return ofValue(within(value, '_source'), text);
  const raw = shapes.result.safeParse(value).data?.result._raw ?? shapes.raw.safeParse(value).data?._raw;
  if (raw !== undefined) return heldLine(raw);
  if (shapes.collected.safeParse(value).success) return ofValue(within(value, 'event'), text);
  return ofFormat(value, text);
}

/** The event of ECS looks like what the collector of Splunk is given, which is told by what stands within. */
function ofFormat(value: unknown, text: string): HeldLine | 'heartbeat' | undefined {
  return (
    ofOuter(value, text) ??
    ofOuter(within(value, 'event'), text) ??
    ofEcs(value) ??
    ofEcs(within(value, 'event'))
  );
}

function ofOuter(value: unknown, text: string): HeldLine | 'heartbeat' | undefined {
  const cloudEvent = shapes.cloudEvent.safeParse(value).data;
  if (cloudEvent !== undefined) {
    const { id, sequence: seq } = cloudEvent;
    return unlessBeat({ id, seq, whole: { form: 'cloudevents', digest: digestIn(text, value) } });
  }
  const entry = shapes.entry.safeParse(value).data;
  if (entry !== undefined) return { id: entry.id, whole: { form: 'entries', digest: digestIn(text, value) } };
  const ocsf = shapes.ocsf.safeParse(value).data;
  if (ocsf !== undefined) {
    const { uid: id, sequence: seq } = ocsf.metadata;
    return unlessBeat({ id, seq, leaf: ocsf.unmapped?.leaf_hash });
  }
  return shapes.heartbeat.safeParse(value).success ? 'heartbeat' : undefined;
}

function ofEcs(value: unknown): HeldLine | 'heartbeat' | undefined {
  const event = shapes.ecs.safeParse(value).data?.event;
  if (event !== undefined) {
    const { id, sequence: seq, hash: leaf, original } = event;
    return unlessBeat({ id, seq, leaf, ...(original === undefined ? {} : { whole: wholeOf(original) }) });
  }
  return undefined;
}

/** An original that is no JSON any more is held otherwise, as one with other words is. */
function wholeOf(original: string): HeldWhole {
  const value = jsonIn(original);
  return {
    form: 'entries',
    digest: mapping.safeParse(value).success ? digestIn(original, value) : undefined,
  };
}

function digestIn(text: string, value: unknown): string | undefined {
  return hasDoubleKey(text) ? undefined : digestOf(withoutTimestamp(value));
}

/** A data stream has the time beside what was delivered. */
function withoutTimestamp(value: unknown): object {
  return Object.fromEntries(entriesOf(value).filter(([key]) => key !== '@timestamp'));
}

function within(value: unknown, key: string): unknown {
  return new Map(entriesOf(value)).get(key);
}

/** All that stands in it. What a schema gives back has no `__proto__` any more. */
function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** What stands behind the header: structured data, and a message. Without data of ours, the message may be another format. */
function ofSyslog(rest: string): HeldLine | 'heartbeat' | undefined {
  let end = rest.startsWith('-') ? 1 : 0;
  for (;;) {
    syslogElement.lastIndex = end;
    const [element, name, parameters = ''] = syslogElement.exec(rest) ?? [];
    if (element === undefined) return ofMessage(rest.slice(end).trimStart());
    if (name === syslogDataId) {
      const values = new Map(
        [...parameters.matchAll(syslogParameter)].map(([, key = '', value]) => [key, value]),
      );
      return ofTexts({ id: values.get('id'), seq: values.get('seq'), leaf: values.get('leafHash') });
    }
    end += element.length;
  }
}

function ofCef(message: string): HeldLine | 'heartbeat' | undefined {
  const header = cefHeader.exec(message)?.[0];
  if (header === undefined) return undefined;
  const extension = message.slice(header.length);
  // Within a value an equals sign stands behind a backslash: what looks like a key there is none.
  const value = (key: string): string | undefined =>
    new RegExp(`(?:^|\\s)${key}=(\\S+)`).exec(extension)?.[1];
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
