import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError,
  TimeoutError,
  UnavailableError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { StoreUnavailable } from '../faults.ts';

/**
 * The meaning of a failed call. `conflict`: others appended. `missing`: there is no such stream. `deleted`: there was
 * one. `unsent`: no server was found to ask. `passing`: the call may succeed in a moment, and may have had its
 * effect. `other`: the call will not succeed by itself.
 */
export type Failure = 'conflict' | 'missing' | 'deleted' | 'unsent' | 'passing' | 'other';

/**
 * A server that no longer leads is among them: the client gives the error of one broken call to every waiting call of
 * this process, whichever server that call was sent to.
 */
const passing = [
  ...[UnavailableError, CancelledError, DeadlineExceededError, TimeoutError],
  ...[UnknownError, NotLeaderError],
];

/** The same failures as codes of gRPC: CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, ABORTED, UNAVAILABLE. */
const passingCodes: readonly unknown[] = [1, 2, 4, 10, 14];

export function failureOf(error: unknown): Failure {
  if (error instanceof WrongExpectedVersionError) return 'conflict';
  if (error instanceof StreamNotFoundError) return 'missing';
  if (error instanceof StreamDeletedError) return 'deleted';
  if (passing.some((known) => error instanceof known) || error instanceof NoAnswer) return 'passing';
  if (isNoServer(error)) return 'unsent';
  return isPassingCall(error) ? 'passing' : 'other';
}

/**
 * Errors of calls that the client makes by itself (what does the server support?) are not of the client's own
 * classes.
 */
function isPassingCall(error: unknown): boolean {
  return error instanceof Error && 'code' in error && passingCodes.includes(error.code);
}

/** True if the client gave up looking for a server; then nothing was sent. That error has no class of its own. */
export function isNoServer(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Failed to discover');
}

/** A call that was not answered in time. */
export class NoAnswer extends Error {
  readonly code = 'NoAnswer';
}

/** The fault of a server, in words for the person who runs it. */
export function unavailable(place: string, cause: unknown): StoreUnavailable {
  return cause instanceof StoreUnavailable
    ? cause
    : new StoreUnavailable(`${place} ${wordsFor(cause)}`, { cause });
}

function wordsFor(cause: unknown): string {
  if (cause instanceof AccessDeniedError) {
    return 'denies access: see the user and password in the ledger URL, and the rights on the stream';
  }
  switch (failureOf(cause)) {
    case 'passing':
    case 'unsent':
      return 'does not answer: see whether the address is right, the server runs, and TLS is as the URL says (tls=false for none)';
    default:
      return `cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}
