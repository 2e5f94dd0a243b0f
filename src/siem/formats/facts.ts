import type { DomainEvent } from '../../../events/catalogue.ts';
import { decodeRead } from '../../../events/codec/decode.ts';
import type { Envelope } from '../../../events/entry.ts';
import { segmentOf } from '../../../events/names.ts';
import { leafHash } from '../../ledger/merkle/hash.ts';
import { attestedEnds } from '../../words/attestation-words.ts';
import { EntryWords } from '../../words/entry-words.ts';
import type { StreamEntry } from '../event-stream.ts';
import { meanings, voidMeaning, type AboutKind, type EventMeaning, type Severity } from './meanings.ts';

/** What every format says of an entry, each in its own spelling. */
export interface EntryFacts {
  readonly seq: number;
  readonly envelope: Envelope;
  /** The type of the event, or `void`. */
  readonly type: string;
  readonly title: string;
  readonly action: string;
  readonly severity: Severity;
  /** Unknown of an entry without effect. */
  readonly outcome: 'success' | 'failure' | 'unknown';
  /** What it is about; undefined for an entry without effect. */
  readonly about: EntrySubject | undefined;
  /** The event and what its kind means; undefined for an entry without effect, which states no fact. */
  readonly event: DomainEvent | undefined;
  /** When it took effect, else when it was recorded. */
  readonly time: string;
  /** One sentence for people. Text of others in it is as it was given: each format escapes it. */
  readonly message: string;
  /** The hash of the stored bytes in the ledger's tree. */
  readonly leafHash: string;
  /** The id of the entry before it; undefined for the first one, or where that is not known. */
  readonly previous: string | undefined;
}

/** What an event is about, by kind and name. */
export interface EntrySubject {
  readonly kind: AboutKind;
  readonly name: string;
}

/** Reads an entry for a format. Throws UnreadableEntry. */
export function factsOf({ seq, stored, envelope, isVoid, previous }: StreamEntry): EntryFacts {
  const shared = {
    seq,
    envelope,
    time: envelope.effectiveAt ?? envelope.recordedAt,
    leafHash: leafHash(stored.bytes),
    previous,
  };
  if (isVoid) return { ...shared, ...voidFacts(envelope) };
  const event = decodeRead(seq, envelope);
  const meaning = meanings[event.type];
  const { title, action, severity, failed = false } = meaning;
  const about = aboutOf(event, { meaning, subject: envelope.subject });
  return {
    ...shared,
    ...{ type: event.type, title, action, severity, about, event },
    outcome: failed ? 'failure' : 'success',
    message: sentence(title, wordsAbout(about, new EntryWords().of(event))),
  };
}

function voidFacts({
  type,
  batch,
}: Envelope): Pick<
  EntryFacts,
  'type' | 'title' | 'action' | 'severity' | 'outcome' | 'about' | 'event' | 'message'
> {
  const { title, action, severity } = voidMeaning;
  const message = sentence(title, [
    `it would have been ${type}, and its batch of ${String(batch.count)} was never completed`,
  ]);
  return {
    type: 'void',
    title,
    action,
    severity,
    outcome: 'unknown',
    about: undefined,
    event: undefined,
    message,
  };
}

/** The name of what it is about, where the words do not say it. */
function wordsAbout({ name }: EntrySubject, words: string): readonly string[] {
  return words.includes(name) ? [words] : [name, words];
}

function sentence(title: string, parts: readonly string[]): string {
  return [title, ...parts.filter((part) => part !== '')].join(': ');
}

function aboutOf(
  { data }: DomainEvent,
  { meaning: { about: kind }, subject }: { meaning: EventMeaning; subject: string },
): EntrySubject {
  if (kind === 'pair' && 'openedBy' in data) return { kind, name: `${data.from} -> ${data.to}` };
  if (kind === 'scope' && 'asked' in data) return { kind, name: attestedEnds(data) };
  if (kind === 'role' && 'role' in data) return { kind, name: data.role };
  if (kind === 'host' && 'host' in data) return { kind, name: data.host };
  if (kind === 'segment' && 'segment' in data)
    return { kind, name: 'tenant' in data ? segmentOf(data.tenant, data.segment) : data.segment };
  return { kind, name: subject.slice(subject.indexOf('/') + 1) };
}
