import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { instant } from '../../events/names.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { WallClock } from '../runtime/clock.ts';
import { readOwnFile, replaceFile } from '../runtime/durable-file.ts';
import { Fault } from '../runtime/errors.ts';
import { lastRecordedAt } from './clock-ahead.ts';
import { confirmLast } from './workspace.ts';

const dayMs = 86_400_000;
/**
 * Days that a writer's clock may be ahead of the last time that is known to be right. Clocks go wrong by years or
 * months, from a dead battery or a mistyped date. A ledger in use is written to, or driven, within a month.
 */
const daysAheadMax = 31;

/**
 * The clock of a writer is far ahead of all that is known of the time. What is recorded by a wrong clock cannot be
 * taken back: it is the time for everybody after, and what was to last until then is over.
 */
class UnconfirmedClock extends Fault {
  readonly code = 'UnconfirmedClock';
  readonly category = 'input';

  constructor({ now, known }: Times) {
    super(
      `${wordsOf({ now, known })}. A time that is recorded cannot be taken back: it would be now for everybody, and what lasts until then would end. Set the clock; if it is right, give the command again with --accept-clock ${dayOf(now)}`,
    );
  }
}

interface Times {
  readonly now: string;
  /** The latest time that is known: of the last entry, or of a command that was told that the clock is right. */
  readonly known: string;
}

interface ClockPlace {
  readonly ledger: LedgerReader;
  readonly clock: WallClock;
  /** Where the estate's projected state is kept: the time of the last writing command is kept beside it. */
  readonly statePath: string;
}

/**
 * Makes sure that the clock of a command that writes is not far ahead, unless somebody says what day it shows. Throws
 * UnconfirmedClock, and what confirmLast throws where the ledger is not what it was.
 */
export async function confirmClock(
  place: ClockPlace,
  { acceptedDay }: { acceptedDay: string | undefined },
): Promise<void> {
  const now = place.clock.now();
  const known = await lastKnownTime(place);
  if (known === undefined) return;
  if (isFarAhead({ now, known }) && acceptedDay !== dayOf(now)) {
    await confirmLast(place);
    throw new UnconfirmedClock({ now, known });
  }
  if (Date.parse(now) - Date.parse(known) > dayMs) keepTime(place, now);
}

/** The words for a clock that is too far ahead for a command that writes; undefined for one that is not. */
export async function unconfirmedClockWords(place: ClockPlace): Promise<string | undefined> {
  const now = place.clock.now();
  const known = await lastKnownTime(place);
  return known !== undefined && isFarAhead({ now, known }) ? wordsOf({ now, known }) : undefined;
}

function isFarAhead({ now, known }: Times): boolean {
  return Date.parse(now) - Date.parse(known) > daysAheadMax * dayMs;
}

function wordsOf({ now, known }: Times): string {
  const days = Math.floor((Date.parse(now) - Date.parse(known)) / dayMs);
  return `this machine's clock says ${now}, ${String(days)} days after the last that is known of the ledger (${known})`;
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}

/** Undefined for a ledger without entries. */
async function lastKnownTime({ ledger, statePath }: ClockPlace): Promise<string | undefined> {
  const known = await lastRecordedAt(ledger);
  const kept = known === undefined ? undefined : readTime(timePath(statePath));
  return kept !== undefined && known !== undefined && kept > known ? kept : known;
}

function timePath(statePath: string): string {
  return join(dirname(statePath), 'time.json');
}

function readTime(path: string): string | undefined {
  try {
    return instant.parse(JSON.parse(readOwnFile(path, { followLinks: false })));
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with the note of the last writing command's time, in words: up to that time a wrong clock would pass for a right
 * one. Undefined for one that is not there, or is no later than this machine's clock and the last entry.
 */
export async function badTimeWords({ ledger, clock, statePath }: ClockPlace): Promise<string | undefined> {
  const path = timePath(statePath);
  if (!existsSync(path)) return undefined;
  const kept = readTime(path);
  if (kept === undefined)
    return `${path} holds no time that this program kept, and is not used: somebody edited it`;
  const now = clock.now();
  const recordedAt = (await lastRecordedAt(ledger)) ?? now;
  return kept > now && kept > recordedAt
    ? `${path} says that a command wrote at ${kept}, which is still to come: somebody edited it, or this machine's clock was wrong; a clock that is ahead up to then is not asked about`
    : undefined;
}

/** A command that records nothing leaves the time too: a quiet estate that is driven every night is no stranger. */
function keepTime({ statePath }: ClockPlace, now: string): void {
  try {
    replaceFile(timePath(statePath), JSON.stringify(now));
  } catch {
    // It saves a question about a clock that is right, and nothing rests on it.
  }
}
