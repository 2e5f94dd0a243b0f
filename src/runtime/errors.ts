import { UnreadableEntry } from '../../events/codec/unreadable-entry.ts';
import { foundText } from './found-text.ts';

/**
 * The kind of a thrown fault. The command line maps it to an exit code; an HTTP answer or a retry maps it too.
 * - `input`: the request is wrong as it stands: repeating it does not help.
 * - `conflict`: the request contradicts what others did meanwhile, or do now: decide again, or wait.
 * - `unreachable`: a store, a host or a disk does not answer, or its answer was lost: repeating may help.
 * - `unknown`: the question is about a time of which nothing is known.
 * - `integrity`: stored bytes are not what they must be: a person has to look.
 * - `bug`: a fault of this program. It crashes, and a restart goes on from what is durable.
 */
export type FaultCategory = 'input' | 'conflict' | 'unreachable' | 'unknown' | 'integrity' | 'bug';

/**
 * An operating fault: something outside of the program did not do as it should. Each class has a literal `code` of
 * its own and names its category, so no list of classes has to be kept elsewhere. A refusal by the domain is a value
 * and no fault.
 */
export abstract class Fault extends Error {
  abstract readonly code: string;
  abstract readonly category: FaultCategory;
}

/** The category of anything that was thrown. An error that is no fault is a bug of ours. */
export function categoryOf(error: unknown): FaultCategory {
  if (error instanceof Fault) return error.category;
  // The contract in events/ imports nothing from src, so its one error class cannot extend Fault.
  return error instanceof UnreadableEntry ? 'integrity' : 'bug';
}

/** A request that makes no sense as it stands. The message says how to ask instead. */
export class UsageError extends Fault {
  readonly code = 'UsageError';
  readonly category = 'input';
}

/** The most characters that are told of another ledger's id: anybody may have written it. */
const ledgerIdMax = 200;

/** The id of another ledger as it was found, fit for being told and recorded. */
export function shownLedger(found: string): string {
  return foundText(found, ledgerIdMax);
}

/** State of another ledger in the place of this ledger's state: at a host, or in a file of kept state. */
export class ForeignState extends Fault {
  readonly code = 'ForeignState';
  readonly category = 'integrity';
  /** The id of that ledger, as it stands there, fit for being recorded. */
  readonly ledger: string;

  constructor(path: string, found: string) {
    const ledger = shownLedger(found);
    super(`${path} belongs to ledger ${ledger}: move it away, or name that ledger`);
    this.ledger = ledger;
  }
}

/**
 * A problem of a folder of documents, in words for the person who wrote them. `input` is wrong as it stands (exit
 * code 2). `refused` is well-formed, and the domain says no (exit code 3).
 */
export interface Problem {
  readonly kind: 'input' | 'refused';
  /** The fault and the mend: one sentence or two, without the place. */
  readonly message: string;
  /** The value as written. */
  readonly found?: string;
  /** The values that are allowed there. */
  readonly allowed?: string;
  /** The nearest valid name to a misspelt one. */
  readonly nearest?: string;
  /** True of a name that nothing has: another folder or ledger may have been meant. */
  readonly isUnknownName?: boolean;
}
