import { catalogue, type EventType } from '../../events/catalogue.ts';
import { holdersAttested } from '../../events/attestation.ts';
import type { Envelope } from '../../events/entry.ts';
import { holdersIn } from '../../events/observation.ts';
import { holdersOfPair } from '../../events/verification.ts';
import { nearestName } from '../runtime/nearest.ts';
import { UsageError } from '../runtime/errors.ts';
import { isAfter, type Instant } from '../ledger/instants.ts';
import { nearestWords } from '../words/nearest-words.ts';

/** Entries of the history that somebody asks for: every field must fit. Without any field, all entries are asked for. */
export interface HistoryFilter {
  /** A tenant, or an external. */
  readonly tenant?: string | undefined;
  /** Kinds of events: an entry of any of them. See requireKind. */
  readonly kinds?: readonly string[] | undefined;
  /** An instant that is included. */
  readonly since?: Instant | undefined;
  /** An instant that is included. */
  readonly until?: Instant | undefined;
  /** The name of an actor, or the account that gave it. */
  readonly by?: string | undefined;
  /** Whole path segments: `tenant/acme-corp`, or `overlay` for all shards. */
  readonly subject?: string | undefined;
}

/** An entry with whatever stands in it: an entry without effect need not be readable. */
export type LoggedEntry = { readonly seq: number } & Envelope;

/** What tells whom an entry concerns, also where it has no effect. */
export type About = Pick<Envelope, 'type' | 'tenant' | 'subject' | 'data'>;

/** The tenants and externals that an entry is about or tells of. */
export function ownersOf({ tenant, subject, type, data }: About): readonly string[] {
  const owner = tenant ?? /^external\/(.+)$/.exec(subject)?.[1];
  return [...new Set([...(owner === undefined ? [] : [owner]), ...toldOf({ type, data })])];
}

/**
 * Those between whom packets were dropped, or got through, and those about whom somebody attests something. Nobody, where that cannot be
 * read: an entry without effect need not be readable.
 */
function toldOf({ type, data }: Pick<About, 'type' | 'data'>): readonly string[] {
  switch (type) {
    case 'DropsObserved' satisfies EventType: {
      const told = catalogue.DropsObserved.schema.safeParse(data);
      return told.success ? [...holdersIn(told.data)] : [];
    }
    case 'IsolationViolated' satisfies EventType: {
      const told = catalogue.IsolationViolated.schema.safeParse(data);
      return told.success ? [...holdersOfPair(told.data)] : [];
    }
    case 'IsolationRestored' satisfies EventType: {
      const told = catalogue.IsolationRestored.schema.safeParse(data);
      return told.success ? [...holdersOfPair(told.data)] : [];
    }
    case 'IsolationAttested' satisfies EventType: {
      const told = catalogue.IsolationAttested.schema.safeParse(data);
      return told.success ? [...holdersAttested(told.data)] : [];
    }
    default:
      return [];
  }
}

/** Whether an entry is of one of these kinds, and concerns that tenant or external, as far as they are named. */
export function isAbout({
  kinds,
  tenant,
}: Pick<HistoryFilter, 'kinds' | 'tenant'>): (about: About) => boolean {
  return (about) =>
    (kinds === undefined || kinds.includes(about.type)) &&
    (tenant === undefined || ownersOf(about).includes(tenant));
}

/** Whether an entry is asked for. */
export function keeperOf(filter: HistoryFilter): (entry: LoggedEntry) => boolean {
  const { since, until, by } = filter;
  const isOfThese = isAbout(filter);
  const subject = filter.subject?.replace(/\/+$/, '');
  return (entry) =>
    isOfThese(entry) &&
    (by === undefined || entry.actor.name === by || entry.actor.account === by) &&
    (subject === undefined || entry.subject === subject || entry.subject.startsWith(`${subject}/`)) &&
    (since === undefined || !isBefore(entry, since)) &&
    (until === undefined || !isAfter(until, { first: entry.seq, recordedAt: entry.recordedAt }));
}

/** A seq is compared with that of the entry, a time with that of its record. Every entry was recorded before now. */
function isBefore({ seq, recordedAt }: LoggedEntry, at: Instant): boolean {
  switch (at.kind) {
    case 'seq':
      return seq < at.seq;
    case 'time':
      return recordedAt < at.instant;
    case 'now':
      return true;
  }
}

/** A kind of event by its name. Throws UsageError, naming the nearest. */
export function requireKind(kind: string): string {
  if (Object.hasOwn(catalogue, kind)) return kind;
  throw new UsageError(
    `there is no event ${kind}${nearestWords(nearestKind(kind)) || ';'} events/CATALOGUE.md lists them all`,
  );
}

/** The kind whose name is spelt almost so; else the first one whose name holds the word, as `quarantine`. */
function nearestKind(word: string): string | undefined {
  const kinds = Object.keys(catalogue);
  const lower = word.toLowerCase();
  const near = nearestName(
    lower,
    kinds.map((kind) => kind.toLowerCase()),
  );
  return (
    kinds.find((kind) => kind.toLowerCase() === near) ??
    kinds.find((kind) => kind.toLowerCase().includes(lower))
  );
}
