/**
 * Operating faults: something outside did not do as it should. Each is a class with a literal `code`; one place (the
 * command line) turns them into words and an exit code. What the domain refuses is a value and not among them.
 */
export type FaultCode =
  | 'Conflict'
  | 'DuplicateWithDifferentContent'
  | 'EntryTooLarge'
  | 'UnknownOutcome'
  | 'LedgerForked'
  | 'LedgerDamaged'
  | 'StoreUnavailable'
  | 'PlaceTaken'
  | 'NothingToCopy'
  | 'RoleHeld'
  | 'Fenced'
  | 'OverlayUnavailable'
  | 'ForeignState';

export abstract class Fault extends Error {
  abstract readonly code: FaultCode;
}

/**
 * One thing that is wrong with a folder of documents, in words for the person who wrote them. `input` is wrong as it
 * stands (exit code 2); `refused` is well-formed, and the domain says no (exit code 3).
 */
export interface Problem {
  readonly kind: 'input' | 'refused';
  /** What is wrong and what to do about it: one sentence or two, without the place. */
  readonly message: string;
  /** What stands there, as written. */
  readonly found?: string;
  /** What may stand there. */
  readonly allowed?: string;
  /** The nearest valid name to a misspelt one. */
  readonly nearest?: string;
}
