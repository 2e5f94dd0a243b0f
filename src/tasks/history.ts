import { readEnvelope } from '../../events/codec/decode.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { replay } from '../ledger/replay.ts';
import { nearestName } from '../runtime/nearest.ts';
import { UsageError } from '../runtime/errors.ts';
import { EntryWords } from '../words/entry-words.ts';
import { keeperOf, ownersOf, type HistoryFilter, type LoggedEntry } from './history-filter.ts';
import { nearestWords } from '../words/nearest-words.ts';

/** An entry of the history, and in short what it says. */
export interface HistoryLine {
  readonly entry: LoggedEntry;
  readonly words: string;
  /** Of a batch that was begun and never finished: it has no effect. */
  readonly isVoid: boolean;
}

/** Entries of one batch, from seq `first` to `last`, that take no effect, and why. */
export interface WithoutEffect {
  readonly first: number;
  readonly last: number;
  readonly words: string;
}

export interface History {
  /** The entries that were asked for, in seq order. */
  readonly lines: readonly HistoryLine[];
  /** Every entry without effect, also if the filter leaves it out. */
  readonly withoutEffect: readonly WithoutEffect[];
}

/**
 * The entries of a ledger, with their time, actor and reason. Throws UsageError for a tenant or an actor that the ledger does not know: an
 * empty history must mean that nothing happened, and never that a name is misspelt. Throws what reading a ledger throws.
 */
export async function readHistory(ledger: LedgerReader, filter: HistoryFilter): Promise<History> {
  const { lines, withoutEffect, known } = await readAll(ledger, keeperOf(filter));
  requireOwner(filter.tenant, known.tenants);
  requireKnown(filter.by, { of: 'actor', known: known.actors });
  return { lines: lines.sort((a, b) => a.entry.seq - b.entry.seq), withoutEffect };
}

/** Every name that the ledger knows, retired tenants and externals included. */
interface NamesSeen {
  readonly tenants: Set<string>;
  readonly actors: Set<string>;
}

async function readAll(
  ledger: LedgerReader,
  keeps: (entry: LoggedEntry) => boolean,
): Promise<{ lines: HistoryLine[]; withoutEffect: WithoutEffect[]; known: NamesSeen }> {
  const lines: HistoryLine[] = [];
  const withoutEffect: WithoutEffect[] = [];
  const known: NamesSeen = { tenants: new Set(), actors: new Set() };
  const words = new EntryWords();
  const { size } = await replay(ledger, {
    onBatch: ({ entries }) => {
      for (const entry of entries) {
        for (const owner of ownersOf(entry)) known.tenants.add(owner);
        noteActor(known, entry);
        const summary = words.of(entry);
        if (keeps(entry)) lines.push({ entry, words: summary, isVoid: false });
      }
    },
    onVoid: (first, last) => {
      withoutEffect.push({ first, last, words: 'no effect: its batch was never completed' });
    },
  });
  const last = (await ledger.head()).size - 1;
  if (last >= size)
    withoutEffect.push({ first: size, last, words: 'no effect so far: its batch is not complete' });
  for (const part of withoutEffect) {
    for await (const entry of entriesOf(ledger, part)) {
      noteActor(known, entry);
      if (keeps(entry)) lines.push({ entry, words: part.words, isVoid: true });
    }
  }
  return { lines, withoutEffect, known };
}

function noteActor({ actors }: NamesSeen, { actor: { name, account } }: LoggedEntry): void {
  actors.add(name);
  if (account !== undefined) actors.add(account);
}

async function* entriesOf(
  ledger: LedgerReader,
  { first, last }: WithoutEffect,
): AsyncGenerator<LoggedEntry, void, undefined> {
  for await (const stored of ledger.read({ after: first - 1, to: last }))
    yield { seq: stored.seq, ...readEnvelope(stored) };
}

/** Throws UsageError for a tenant or an external that the ledger does not know. */
export function requireOwner(name: string | undefined, known: ReadonlySet<string>): void {
  requireKnown(name, { of: 'tenant or external', known });
}

/** The tenants and externals that a ledger knows, retired ones included. Throws what reading a ledger throws. */
export async function knownOwners(ledger: LedgerReader): Promise<ReadonlySet<string>> {
  return (await readAll(ledger, () => false)).known.tenants;
}

function requireKnown(
  name: string | undefined,
  { of, known }: { of: string; known: ReadonlySet<string> },
): void {
  if (name === undefined || known.has(name)) return;
  throw new UsageError(`the ledger knows no ${of} ${name}${nearestWords(nearestName(name, known))}`);
}
