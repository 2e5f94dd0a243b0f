import {
  Conflict,
  DuplicateWithDifferentContent,
  StoreUnavailable,
  UnknownOutcome,
} from '../../../src/ledger/faults.ts';
import { RoleHeld } from '../../../src/roles/faults.ts';
import { Crash } from '../failures.ts';
import type { Process } from '../process.ts';

/** Something that a process does from beginning to end. Returns in words what came of it. */
export interface Deed {
  readonly name: string;
  readonly run: (process: Process) => Promise<string>;
}

/** Whether the store left open what it did, or could not be reached: worth another try. */
function isStoreFault(fault: unknown): boolean {
  return fault instanceof UnknownOutcome || fault instanceof StoreUnavailable;
}

/** What a fault means that may well happen; undefined for one that may not. */
export function wordsOfFault(fault: unknown): string | undefined {
  if (fault instanceof Crash) return 'crashed';
  if (isStoreFault(fault)) return 'store fault';
  if (fault instanceof Conflict) return 'others were faster';
  if (fault instanceof RoleHeld) return 'role held';
  if (fault instanceof DuplicateWithDifferentContent) return 'retried too late';
  return undefined;
}

/** Repeats work under the same idempotency key while the store leaves open what became of it. */
export async function withRetries<Result>({ world }: Process, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (fault) {
      if (!isStoreFault(fault) || attempt === attemptsMax || world.random.chance(0.1)) throw fault;
      world.coverage.note('met: retried with the same key');
    }
  }
}

const attemptsMax = 4;
