import { Fault } from '../../../runtime/errors.ts';
import { foundText } from '../../../runtime/found-text.ts';
import { OverlayUnavailable } from '../../faults.ts';

/** The most characters of a server's own words that are told. */
const wordsMax = 500;

/** A peer that speaks no OVSDB, or another one than is known here. Nothing more can be read from it on that connection. */
export class Unintelligible extends Error {
  readonly code = 'Unintelligible';

  /** `problem` goes on from the name of the peer: `sent ...`. */
  constructor(problem: string, cause?: unknown) {
    super(problem, { cause });
  }
}

/** The server at an endpoint sent what cannot be read. Its host cannot be told of, and to ask again is of little use. */
export class UnreadableServer extends OverlayUnavailable {}

/**
 * A connection that had come about ended by the other side, as a switch ends one that was silent for too long. It says nothing of the
 * host: another one may come about at once. Of what was under way nobody knows whether it was carried out.
 */
export class ConnectionLost extends OverlayUnavailable {}

/** A server's refusal as it says it: a word of RFC 7047 or of its own, and what it adds. */
export interface ServerRefusal {
  readonly error: string;
  readonly details: string;
}

function refusalWords({ error, details }: ServerRefusal): string {
  return foundText(details === '' ? error : `${error}: ${details}`, wordsMax);
}

/**
 * The server refuses a whole request: it asks for something that the server does not have, or is not well-formed. Whatever a
 * server says makes its own host one that cannot be used, and keeps no other from being driven.
 */
export class RequestRefused extends OverlayUnavailable {
  readonly refusal: ServerRefusal;

  constructor(endpoint: string, method: string, refusal: ServerRefusal) {
    super(`${endpoint} refuses ${method}: ${refusalWords(refusal)}`);
    this.refusal = refusal;
  }
}

/**
 * A transaction was refused because of one of its operations, or as a whole when it was to be committed. Nothing changed. The
 * server may lack a column or a database, have no room, or be no server of a switch at all.
 */
export class TransactionRefused extends OverlayUnavailable {
  /** The operation, counting from 0; or that all were taken, and the whole was not. */
  readonly at: number | 'commit';
  readonly refusal: ServerRefusal;

  constructor(endpoint: string, at: number | 'commit', refusal: ServerRefusal) {
    super(
      `${endpoint} refuses ${at === 'commit' ? 'to commit' : `operation ${String(at)}`}: ${refusalWords(refusal)}`,
    );
    this.at = at;
    this.refusal = refusal;
  }
}

/** A `wait` of the transaction found other rows than were expected: somebody else changed them. Nothing was changed by this. */
export class RowsDiffer extends Fault {
  readonly code = 'RowsDiffer';
  readonly category = 'conflict';
  /** The operation, counting from 0. */
  readonly operation: number;

  constructor(endpoint: string, operation: number) {
    super(`${endpoint} no longer holds what this change leads on from: somebody else changed it`);
    this.operation = operation;
  }
}
