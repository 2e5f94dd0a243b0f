import type { DatabaseSync } from 'node:sqlite';
import { UnknownOutcome } from '../faults.ts';
import type { AppendRequest, AppendResult } from '../port.ts';
import type { Appended, Appender, Decided } from './appender.ts';
import type { StoredHead } from './head.ts';
import { faultOf, mayHaveCommitted, sqliteCode } from './sqlite-error.ts';

interface Waiting {
  readonly request: AppendRequest;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (reason: unknown) => void;
}

interface Attempt extends Waiting {
  readonly outcome: Outcome;
}

interface Refusal {
  readonly refused: unknown;
}

type Outcome = { readonly appended: Appended } | Refusal;

/**
 * Lets the appends that wait in this process share one durable transaction: flushing the disk is what an append costs.
 * Each is decided on before anything of it is written, so that one that is refused takes nothing else with it.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #appender: Appender;
  readonly #path: string;
  #waiting: Waiting[] = [];

  constructor(
    database: DatabaseSync,
    { appender, path }: { readonly appender: Appender; readonly path: string },
  ) {
    this.#database = database;
    this.#appender = appender;
    this.#path = path;
  }

  append(request: AppendRequest): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      // What else is appended until the event loop comes round goes into the same transaction.
      if (this.#waiting.length === 0)
        setImmediate(() => {
          this.flush();
        });
      this.#waiting.push({ request, resolve, reject });
    });
  }

  /** Commits what waits, at once. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      this.#commit(this.#attemptAll(waiting));
    } catch (error) {
      this.#rollBack();
      for (const { reject } of waiting) reject(faultOf(error, this.#path));
    }
  }

  #attemptAll(waiting: readonly Waiting[]): readonly Attempt[] {
    const head = this.#appender.begin();
    const sizeBefore = head.tree.size;
    const attempts = waiting.map((one) => ({ ...one, outcome: this.#attempt(one.request, head) }));
    if (head.tree.size > sizeBefore) this.#appender.finish(head);
    return attempts;
  }

  #attempt(request: AppendRequest, head: StoredHead): Outcome {
    const decided = this.#decide(request, head);
    return 'refused' in decided ? decided : { appended: this.#appender.write(decided, head) };
  }

  #decide(request: AppendRequest, head: StoredHead): Decided | Refusal {
    try {
      return this.#appender.decide(request, head);
    } catch (refused) {
      // Where the store itself failed, the whole transaction has.
      if (sqliteCode(refused) !== undefined) throw refused;
      return { refused };
    }
  }

  #commit(attempts: readonly Attempt[]): void {
    try {
      this.#database.exec('COMMIT');
    } catch (error) {
      if (!mayHaveCommitted(error)) throw error;
      this.#rollBack();
      for (const { outcome, reject } of attempts) reject(new UnknownOutcome(idsOf(outcome), error));
      return;
    }
    for (const { outcome, resolve, reject } of attempts) {
      if ('appended' in outcome) resolve(outcome.appended.result);
      else reject(outcome.refused);
    }
  }

  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }
}

function idsOf(outcome: Outcome): readonly string[] {
  return 'appended' in outcome ? outcome.appended.ids : [];
}
