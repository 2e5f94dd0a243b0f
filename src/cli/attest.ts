import { Option } from 'commander';
import type { Attestation } from '../../events/attestation.ts';
import { clockAhead } from '../ledger/clocks.ts';
import type { Instant } from '../ledger/instants.ts';
import { UsageError } from '../runtime/errors.ts';
import { attest } from '../tasks/attest.ts';
import { answerDigest } from '../verify/answer-digest.ts';
import { lastBatch } from '../verify/as-known.ts';
import { engineDigest } from '../verify/engine-digest.ts';
import type { Report, Subject } from '../verify/verify.ts';
import { askedAgain } from '../words/attestation-words.ts';
import { say, type Shown } from '../words/shown.ts';
import type { AskedLedger } from './known-at.ts';
import { actorOf, type ClockOption, type Session } from './session.ts';
import { parseTime } from './time.ts';

/** The options with which an answer is recorded. */
export interface AttestOptions extends ClockOption {
  readonly attest?: boolean;
  readonly as?: string;
  readonly reason?: string;
}

export function attestOption(): Option {
  return new Option(
    '--attest',
    'record the answer as attested by you, with its digest, and say the command by which anybody can ask it again',
  );
}

/** Throws UsageError for an option that says something of an entry, where none is to be recorded. */
export function requireAttest({ attest: isAttested, as, reason, acceptClock }: AttestOptions): void {
  if (isAttested === true) return;
  for (const [name, given] of Object.entries({ as, reason, 'accept-clock': acceptClock }))
    if (given !== undefined) throw new UsageError(`--${name} goes with --attest`);
}

/** When a question is about, as options say it. */
interface TimeOptions {
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
  readonly knownAt?: string;
}

/**
 * The same question in words that mean the same to whoever asks it later: now is a time, and what is known ends with an entry. Throws
 * UsageError for a ledger without entries, and the errors of reading one.
 */
export async function lastingWords(
  { ledger, clock }: Pick<Session, 'ledger' | 'clock'>,
  { at, from, to, knownAt }: TimeOptions,
): Promise<TimeOptions> {
  // The clock comes first: what is recorded later than this has a later time.
  const now = clock.now();
  const last = await lastBatch(ledger);
  if (last === undefined) throw new UsageError('nothing was recorded yet: there is nothing to attest');
  // As known at an entry, now is the time of that entry already.
  const lasting = knownAt === undefined && now > last.time ? now : 'now';
  const wordOf = (text: string | undefined): string => {
    const instant = parseTime(text);
    return instant.kind === 'now' ? lasting : textOf(instant);
  };
  return {
    ...(from === undefined && to === undefined ? { at: wordOf(at) } : { to: wordOf(to) }),
    ...(from === undefined ? {} : { from: wordOf(from) }),
    knownAt: knownAt ?? `seq:${String(last.seq)}`,
  };
}

function textOf(instant: Instant): string {
  switch (instant.kind) {
    case 'now':
      return 'now';
    case 'seq':
      return `seq:${String(instant.seq)}`;
    case 'time':
      return instant.instant;
  }
}

/** An instant, or an interval. */
type TimeAsked =
  | { readonly kind: 'instant'; readonly at: Instant }
  | { readonly kind: 'interval'; readonly from: Instant | undefined; readonly to: Instant | undefined };

/** A question, and the answer to it. */
interface Answered {
  readonly of: AskedLedger;
  readonly asked: TimeAsked;
  readonly ends: Pick<Subject, 'tenant' | 'peer'>;
  readonly report: Report;
}

/** Why the answer may be another one for somebody else, or later; undefined where it stays the same. */
export function whyPassing({ of, asked }: Pick<Answered, 'of' | 'asked'>): string | undefined {
  const { knownAt, clock } = of;
  if (knownAt === undefined) return 'what is known grows with the ledger';
  const { knownUntil = knownAt.time, shown = knownAt.time } = clock;
  if (clockAhead({ recordedAt: knownAt.time, now: shown }) !== undefined)
    return `the last entry says ${knownAt.time}, and the clock of this machine ${shown}: one of them is wrong, and the answer depends on it`;
  const instants = asked.kind === 'instant' ? [asked.at] : [asked.from, asked.to];
  const late = instants.find((at) => at?.kind === 'time' && at.instant > knownUntil);
  return late && `${textOf(late)} is after ${knownUntil}, up to which the ledger tells as it was known there`;
}

/** The answer as an entry holds it; undefined where it may be another one later. */
export function attestedOf({ of, asked, ends, report }: Answered): Attestation | undefined {
  const { knownAt, judgedOn } = of;
  if (knownAt === undefined || whyPassing({ of, asked }) !== undefined) return undefined;
  const { lane, scope, verdict, findings, gaps } = report;
  return {
    ...{ lane, tenant: ends.tenant ?? null, peer: ends.peer ?? null, asked: askedOf(asked) },
    from: { seq: scope.fromSeq, time: scope.from },
    to: { seq: scope.toSeq, time: scope.to },
    ...{ knownAt, size: judgedOn.size, root: judgedOn.root },
    ...{ verdict, findings: findings.length, gaps: gaps.length },
    answer: answerDigest(ends, report),
    engine: engineDigest,
  };
}

function askedOf(asked: TimeAsked): Attestation['asked'] {
  if (asked.kind === 'instant') return { at: textOf(asked.at) };
  const { from, to = { kind: 'now' } } = asked;
  return { from: from === undefined ? null : textOf(from), to: textOf(to) };
}

/** Records the answer, where that is asked for, and gives the seq of the entry. Throws as `attest`. */
export async function recordAttested(
  { ledger, newId }: Session,
  { attest: isAttested, as, reason }: AttestOptions,
  attested: Attestation | undefined,
): Promise<number | undefined> {
  if (isAttested !== true || attested === undefined) return undefined;
  return attest({ ledger, newId, actor: actorOf(as), reason, attested });
}

/** By what an answer can be compared with that of others, in JSON. */
export function attestedJson(attested: Attestation | undefined, seq: number | undefined): object {
  if (attested === undefined) return {};
  const { answer, engine } = attested;
  return {
    answer: { digest: answer, engine, command: askedAgain(attested) },
    ...(seq === undefined ? {} : { attested: { seq } }),
  };
}

/** The same in words. */
export function attestedWords(attested: Attestation, seq: number | undefined): Shown {
  const { answer, engine } = attested;
  const recorded = seq === undefined ? '' : `attested as seq ${String(seq)}`;
  const proof = say`answer ${answer}\nengine ${engine}\nto ask again: ${askedAgain(attested).join(' ')}\n`;
  return seq === undefined ? say`\n${proof}` : say`\n${recorded}\n${proof}`;
}
