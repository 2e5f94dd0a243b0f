import { nextTurn } from '../../runtime/next-turn.ts';
import { sqliteCode } from '../../runtime/sqlite-result.ts';
import { UnknownOutcome } from '../faults.ts';
import type { AppendRequest, AppendResult } from '../port.ts';
import type { Appended, Appender, Decided } from './appender.ts';
import { faultOf, mayHaveCommitted } from './sqlite-error.ts';
import type { Tail } from './tail.ts';

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
  readonly #tail: Tail;
  readonly #appender: Appender;
  readonly #path: string;
  #waiting: Waiting[] = [];

  constructor({ tail, appender, path }: { tail: Tail; appender: Appender; path: string }) {
    this.#tail = tail;
    this.#appender = appender;
    this.#path = path;
  }

  add(one: Waiting): void {
    // What else is appended until the event loop comes round goes into the same transaction.
    if (this.#waiting.length === 0)
      void nextTurn().then(() => {
        this.flush();
      });
    this.#waiting.push(one);
  }

  /** Commits what waits, at once. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    try {
      this.#tail.begin();
      this.#commit(waiting.map((one) => ({ ...one, outcome: this.#attempt(one.request) })));
    } catch (error) {
      this.#tail.rollBack();
      for (const { reject } of waiting) reject(faultOf(error, this.#path));
    }
  }

  #attempt(request: AppendRequest): Outcome {
    const decided = this.#decide(request);
    return 'refused' in decided ? decided : { appended: this.#appender.write(decided) };
  }

  #decide(request: AppendRequest): Decided | Refusal {
    try {
      return this.#appender.decide(request);
    } catch (refused) {
      // Where the store itself failed, the whole transaction has.
      if (sqliteCode(refused) !== undefined) throw refused;
      return { refused };
    }
  }

  #commit(attempts: readonly Attempt[]): void {
    try {
      this.#tail.commit();
    } catch (error) {
      if (!mayHaveCommitted(error)) throw error;
      this.#tail.rollBack();
      for (const { outcome, reject } of attempts) reject(new UnknownOutcome(idsOf(outcome), error));
      return;
    }
    for (const { outcome, resolve, reject } of attempts) {
      if ('appended' in outcome) resolve(outcome.appended.result);
      else reject(outcome.refused);
    }
  }
}

function idsOf(outcome: Outcome): readonly string[] {
  return 'appended' in outcome ? outcome.appended.ids : [];
}
