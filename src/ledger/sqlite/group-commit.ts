import { nextTurn } from '../../runtime/next-turn.ts';
import { sqliteCode } from '../../runtime/sqlite-result.ts';
import { UnknownOutcome } from '../faults.ts';
import type { AppendRequest, AppendResult } from '../port.ts';
import type { Appended, BatchAppender, DecidedAppend } from './appender.ts';
import { faultOf, mayHaveCommitted } from './sqlite-error.ts';
import type { Tail } from './tail.ts';

interface WaitingAppend {
  readonly request: AppendRequest;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (reason: unknown) => void;
}

interface AttemptedAppend extends WaitingAppend {
  readonly outcome: AppendOutcome;
}

interface Refusal {
  readonly refused: unknown;
}

type AppendOutcome = { readonly appended: Appended } | Refusal;

/**
 * Lets the waiting appends of this process share one durable transaction, since flushing the disk is the cost of an
 * append. Each append is judged before it is written, so a refused append undoes no other.
 */
export class GroupCommit {
  readonly #tail: Tail;
  readonly #appender: BatchAppender;
  readonly #path: string;
  #waiting: WaitingAppend[] = [];

  constructor({ tail, appender, path }: { tail: Tail; appender: BatchAppender; path: string }) {
    this.#tail = tail;
    this.#appender = appender;
    this.#path = path;
  }

  add(one: WaitingAppend): void {
    // Appends that come before the next turn of the event loop go into the same transaction.
    if (this.#waiting.length === 0)
      void nextTurn().then(() => {
        this.flush();
      });
    this.#waiting.push(one);
  }

  /** Commits the waiting appends at once. */
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

  #attempt(request: AppendRequest): AppendOutcome {
    const decided = this.#decide(request);
    return 'refused' in decided ? decided : { appended: this.#appender.write(decided) };
  }

  #decide(request: AppendRequest): DecidedAppend | Refusal {
    try {
      return this.#appender.decide(request);
    } catch (refused) {
      // If the store itself failed, the whole transaction has failed.
      if (sqliteCode(refused) !== undefined) throw refused;
      return { refused };
    }
  }

  #commit(attempts: readonly AttemptedAppend[]): void {
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

function idsOf(outcome: AppendOutcome): readonly string[] {
  return 'appended' in outcome ? outcome.appended.ids : [];
}
