import { UnreadableEntry } from '../../events/codec/decode.ts';
import { FolderUnreadable } from '../policy/read-folder.ts';
import { IntervalReversed, NoSuchInstant, NotTraffic, UnknownEnd } from '../verify/faults.ts';
import { BadConfig } from '../runtime/config.ts';
import { Fault, type FaultCode } from '../runtime/errors.ts';

/** What a command came to, as the exit code says it. */
export const exitCode = {
  ok: 0,
  finding: 1,
  badInput: 2,
  refused: 3,
  conflict: 4,
  unreachable: 5,
  integrity: 6,
  unknown: 7,
  /** A fault of this program itself (EX_SOFTWARE of sysexits.h). */
  internal: 70,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Wrong words on the command line: what, and what to write instead. */
export class UsageError extends Error {
  readonly code = 'UsageError';
}

/** A backup that was not put in place, and why (`cause`): the place is as it was. */
export class RestoreRefused extends Error {
  readonly code = 'RestoreRefused';
  override readonly cause: Error;

  constructor(file: string, cause: Error) {
    super(`${file} was not restored: ${cause.message}`);
    this.cause = cause;
  }
}

const byFault: Readonly<Record<FaultCode, ExitCode>> = {
  Conflict: exitCode.conflict,
  DuplicateWithDifferentContent: exitCode.conflict,
  RoleHeld: exitCode.conflict,
  Fenced: exitCode.conflict,
  EntryTooLarge: exitCode.badInput,
  PlaceTaken: exitCode.badInput,
  NothingToCopy: exitCode.badInput,
  UnknownOutcome: exitCode.unreachable,
  StoreUnavailable: exitCode.unreachable,
  OverlayUnavailable: exitCode.unreachable,
  LedgerForked: exitCode.integrity,
  LedgerDamaged: exitCode.integrity,
  ForeignState: exitCode.integrity,
};

/** Everything else that somebody asked for in words that cannot be answered. */
const badInput = [
  UsageError,
  BadConfig,
  FolderUnreadable,
  IntervalReversed,
  NoSuchInstant,
  NotTraffic,
  UnknownEnd,
];

/** The exit code that a thrown error stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof RestoreRefused) return exitCodeOf(error.cause);
  if (error instanceof Fault) return byFault[error.code];
  if (error instanceof UnreadableEntry) return exitCode.integrity;
  return badInput.some((known) => error instanceof known) ? exitCode.badInput : exitCode.internal;
}
