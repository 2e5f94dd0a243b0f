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
 * What a failed call means. `conflict`: others appended. `missing`: there is no such stream. `deleted`: there was one.
 * `unsent`: no server was found to ask. `passing`: it may be better in a moment, and the call may have had its effect.
 * `other`: it will not be better by itself.
 */
export type Failure = 'conflict' | 'missing' | 'deleted' | 'unsent' | 'passing' | 'other';

/**
 * A server that no longer leads is among them: the client hands one broken call's error to everything that waits in this
 * process, whichever server it was sent to.
 */
const passing = [
  ...[UnavailableError, CancelledError, DeadlineExceededError, TimeoutError],
  ...[UnknownError, NotLeaderError],
];

/** The same in gRPC's codes: CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, ABORTED, UNAVAILABLE. */
const passingCodes: readonly unknown[] = [1, 2, 4, 10, 14];

export function failureOf(error: unknown): Failure {
  if (error instanceof WrongExpectedVersionError) return 'conflict';
  if (error instanceof StreamNotFoundError) return 'missing';
  if (error instanceof StreamDeletedError) return 'deleted';
  if (passing.some((known) => error instanceof known) || error instanceof NoAnswer) return 'passing';
  if (isNoServer(error)) return 'unsent';
  return isPassingCall(error) ? 'passing' : 'other';
}

/** Of calls that the client makes by itself (what does the server support?) it does not put errors into its own classes. */
function isPassingCall(error: unknown): boolean {
  return error instanceof Error && 'code' in error && passingCodes.includes(error.code);
}

/** The client gives up looking for a server with an error of no class of its own; nothing was sent then. */
export function isNoServer(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Failed to discover');
}

/** A call that was not answered in time. */
export class NoAnswer extends Error {
  readonly code = 'NoAnswer';
}

/** What went wrong with a server, in words for whoever runs it. */
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
