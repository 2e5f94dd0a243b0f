import { categoryOf, type FaultCategory } from '../runtime/errors.ts';
import type { Undelivered } from './out-stream.ts';

/** The result of a command, as its exit code. */
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

/** The exit code of each kind of fault. */
export const exitCodeByCategory: Readonly<Record<FaultCategory, ExitCode>> = {
  input: exitCode.badInput,
  conflict: exitCode.conflict,
  unreachable: exitCode.unreachable,
  unknown: exitCode.unknown,
  integrity: exitCode.integrity,
  bug: exitCode.internal,
};

/** The exit code of each verdict on isolation. */
export const verdictCode = {
  proven: exitCode.ok,
  violated: exitCode.finding,
  unknown: exitCode.unknown,
} as const satisfies Record<string, ExitCode>;

/** The exit code that a thrown error stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  return exitCodeByCategory[categoryOf(error)];
}

/** From the gravest on. A command with several complaints ends with the first of these codes. */
const byGravity: readonly ExitCode[] = [
  exitCode.internal,
  exitCode.integrity,
  exitCode.conflict,
  exitCode.unreachable,
  exitCode.refused,
  exitCode.badInput,
  exitCode.finding,
  exitCode.unknown,
];

/** The gravest of several exit codes. A fault that no waiting cures is graver than one that waiting may cure. */
export function gravest(codes: Iterable<ExitCode>): ExitCode {
  const found = new Set(codes);
  return byGravity.find((code) => found.has(code)) ?? exitCode.ok;
}

/**
 * The exit code of a command, given whether its answer arrived. An answer that did not arrive whole is no success.
 * A reader that ended early still learns what came of the work, unless that was a success.
 */
export function codeOnDelivery(code: ExitCode, undelivered: Undelivered | undefined): ExitCode {
  switch (undelivered) {
    case undefined:
      return code;
    case 'unread':
      return code === exitCode.ok ? exitCode.unreachable : code;
    case 'unwritten':
      return gravest([code, exitCode.unreachable]);
  }
}
