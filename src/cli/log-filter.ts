import type { Envelope } from '../../events/entry.ts';
import { catalogue } from '../../events/catalogue.ts';
import { nearestName } from '../runtime/nearest.ts';
import { UsageError } from '../runtime/errors.ts';
import { parseTime } from './time.ts';

/** Which entries the history is asked for; everything if left out. */
export interface LogFilter {
  readonly tenant?: string;
  /** Kinds of events; an entry of any of them is kept. */
  readonly type?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  /** The name of an actor. */
  readonly by?: string;
  /** Whole path segments: `tenant/acme-corp`, or `overlay` for all shards. */
  readonly subject?: string;
}

/** An entry with whatever stands in it: one that took no effect need not be readable. */
export type LoggedEntry = { readonly seq: number } & Envelope;

/** Whether an entry is asked for. Throws UsageError for a kind of event or a time that cannot be. */
export function filterOf({
  tenant,
  type,
  since,
  until,
  by,
  subject,
}: LogFilter): (entry: LoggedEntry) => boolean {
  for (const one of type ?? []) requireType(one);
  const prefix = subject?.replace(/\/+$/, '');
  const isFrom = bound(since, (at, limit) => at >= limit);
  const isTo = bound(until, (at, limit) => at <= limit);
  return (entry) =>
    (tenant === undefined || entry.tenant === tenant) &&
    (type === undefined || type.includes(entry.type)) &&
    (by === undefined || entry.actor.name === by) &&
    (prefix === undefined || entry.subject === prefix || entry.subject.startsWith(`${prefix}/`)) &&
    isFrom(entry) &&
    isTo(entry);
}

function requireType(type: string): void {
  if (Object.hasOwn(catalogue, type)) return;
  const nearest = nearestName(type, Object.keys(catalogue));
  throw new UsageError(
    `there is no event ${type}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
  );
}

/** `seq:N` is compared with an entry's seq, a time with the one at which it was recorded; now lies after all of them. */
function bound(
  text: string | undefined,
  holds: <Value extends number | string>(at: Value, limit: Value) => boolean,
): (entry: LoggedEntry) => boolean {
  if (text === undefined) return () => true;
  const time = parseTime(text);
  switch (time.kind) {
    case 'seq':
      return ({ seq }) => holds(seq, time.seq);
    case 'time':
      return ({ recordedAt }) => holds(recordedAt, time.instant);
    case 'now':
      return () => holds(0, 1);
  }
}

/** An empty history must mean that nothing happened, and never that a name is misspelt. Throws UsageError. */
export function requireKnown(
  name: string | undefined,
  { of, known }: { of: string; known: ReadonlySet<string> },
): void {
  if (name === undefined || known.has(name)) return;
  const nearest = nearestName(name, known);
  throw new UsageError(
    `the ledger knows no ${of} ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
  );
}
