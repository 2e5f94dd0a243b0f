import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError,
  UnavailableError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { StoreUnavailable } from '../faults.ts';

/**
 * What a failed call means. `conflict`: others appended. `missing`: there is no such stream. `deleted`: there was one.
 * `elsewhere`: the server did nothing, another one leads. `passing`: it may be better in a moment, and the call may have
 * had its effect. `other`: it will not be better by itself.
 */
export type Failure = 'conflict' | 'missing' | 'deleted' | 'elsewhere' | 'passing' | 'other';

const passing = [UnavailableError, CancelledError, DeadlineExceededError, UnknownError];

export function failureOf(error: unknown): Failure {
  if (error instanceof WrongExpectedVersionError) return 'conflict';
  if (error instanceof StreamNotFoundError) return 'missing';
  if (error instanceof StreamDeletedError) return 'deleted';
  if (error instanceof NotLeaderError) return 'elsewhere';
  if (passing.some((known) => error instanceof known) || error instanceof NoAnswer) return 'passing';
  return isNoServer(error) ? 'elsewhere' : 'other';
}

/** The client gives up looking for a server with an error of no class of its own; nothing was sent then. */
function isNoServer(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Failed to discover');
}

/** A call that was not answered in time. */
export class NoAnswer extends Error {
  readonly code = 'NoAnswer';
}

/** What went wrong with a server, in words for whoever runs it. */
export function unavailable(place: string, cause: unknown): StoreUnavailable {
  return new StoreUnavailable(`${place} ${wordsFor(cause)}`, { cause });
}

function wordsFor(cause: unknown): string {
  if (cause instanceof AccessDeniedError) {
    return 'denies access: see the user and password in the ledger URL, and the rights on the stream';
  }
  switch (failureOf(cause)) {
    case 'passing':
    case 'elsewhere':
      return 'does not answer: see whether the address is right, the server runs, and TLS is as the URL says (tls=false for none)';
    default:
      return `cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}
