import { Option } from 'commander';
import { UsageError } from '../runtime/errors.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { Instant } from '../ledger/instants.ts';
import { upTo } from '../ledger/up-to.ts';
import { asKnownAt } from '../verify/as-known.ts';
import type { AskersClock, Moment } from '../verify/fold.ts';
import { momentWords } from '../words/moment-words.ts';
import type { Session } from './session.ts';
import { parseTime } from './time.ts';

/** An option of questions whose answers change with what is found later. */
export interface KnownAtOption {
  readonly knownAt?: string;
}

/** A question's ledger: that of now, or as it was known once. */
export interface AskedLedger extends Pick<Session, 'io'> {
  readonly ledger: LedgerReader;
  readonly clock: AskersClock;
  /** Undefined for all that is known now. */
  readonly knownAt: Moment | undefined;
  readonly judgedOn: JudgedOn;
}

/** An instant of a question, and the option or argument that gave it. */
export interface GivenInstant {
  readonly by: string;
  readonly at: Instant;
  /** True if it makes no sense after now, as the beginning of what goes on up to now. */
  readonly isBeforeNow?: boolean;
}

/** The ends of an interval, given by `--from` and `--to`; without `--to` it goes on up to now. */
export function instantsOfInterval({
  from,
  to = { kind: 'now' },
}: {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}): GivenInstant[] {
  const begins = from === undefined ? [] : [{ by: '--from', at: from, isBeforeNow: to.kind === 'now' }];
  return [...begins, { by: '--to', at: to }];
}

/** The ledger that an answer was judged on, for JSON: whoever keeps the answer can tell whether a ledger still holds that. */
export interface JudgedOn {
  readonly id: string;
  readonly size: number;
  readonly root: string;
}

export function knownAtOption(): Option {
  return new Option(
    '--known-at <seq:N>',
    'the answer as it was known at that entry, without what was found later, as drift is; now is then the time of that entry',
  );
}

/**
 * The ledger that a question about some instants is asked of: what comes while it is answered has no part in it. Throws
 * UsageError, also for an instant beyond what was known, and what asKnownAt throws.
 */
export async function askedLedger(
  { io, ledger, clock }: Session,
  { knownAt }: KnownAtOption = {},
  instants: readonly GivenInstant[] = [],
): Promise<AskedLedger> {
  const asked = await ledgerOf({ ledger, clock }, knownAt);
  for (const instant of instants) requireKnown(instant, { option: knownAt, known: asked.knownAt });
  const head = await asked.ledger.head();
  const judgedOn = { id: ledger.id, size: head.size, root: head.root };
  return { io, ...asked, ledger: upTo(asked.ledger, head), judgedOn };
}

async function ledgerOf(
  { ledger, clock }: Pick<Session, 'ledger' | 'clock'>,
  knownAt: string | undefined,
): Promise<Pick<AskedLedger, 'ledger' | 'clock' | 'knownAt'>> {
  if (knownAt === undefined) return { ledger, clock, knownAt: undefined };
  const at = parseTime(knownAt);
  if (at.kind !== 'seq')
    throw new UsageError(
      `--known-at takes an entry, as seq:N, and not ${knownAt}: what is known follows entries`,
    );
  return asKnownAt(ledger, at.seq, clock);
}

function requireKnown(
  { by, at, isBeforeNow = false }: GivenInstant,
  { option = '', known }: { option: string | undefined; known: Moment | undefined },
): void {
  if (known === undefined || at.kind === 'now') return;
  const isBeyond = at.kind === 'seq' ? at.seq > known.seq : isBeforeNow && at.instant > known.time;
  if (!isBeyond) return;
  const given = at.kind === 'seq' ? `seq:${String(at.seq)}` : at.instant;
  throw new UsageError(
    `${by} ${given} is beyond --known-at ${option}: the ledger as it was known there ends at ${momentWords(known)}`,
  );
}

/** To be said behind the moment of an answer. */
export function knownAtWords(knownAt: Moment | undefined): string {
  return knownAt === undefined ? '' : `, as known at ${momentWords(knownAt)}`;
}
