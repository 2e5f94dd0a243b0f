import type { Endings, Prunable } from './endings.ts';
import { always, placeAfter, type PlanSpan } from './versions.ts';

interface SpanAnswer<Value> extends PlanSpan {
  readonly value: Value;
}

/** The answers to one question, each for the span of plans for which it is right. */
class Answers<Key, Value> implements Prunable {
  readonly #key: Key;
  readonly #owner: Map<Key, Answers<Key, Value>>;
  /** By plan. For some plans nobody has asked. */
  #answers: SpanAnswer<Value>[] = [];

  constructor(owner: Map<Key, Answers<Key, Value>>, key: Key) {
    this.#owner = owner;
    this.#key = key;
  }

  at(plan: number): Value | undefined {
    const answer = this.#answers[placeAfter(this.#answers, plan, ({ since }) => since) - 1];
    return answer !== undefined && plan < answer.until ? answer.value : undefined;
  }

  /** Keeps the answer for a plan that has none, right for a span. It is the last one there that begins at or before the plan. */
  keep(value: Value, plan: number, { since, until }: PlanSpan): void {
    const place = placeAfter(this.#answers, plan, (answer) => answer.since);
    this.#answers.splice(place, 0, { value, since, until });
  }

  /** Only the last answer can be for plans to come. */
  end(plan: number): void {
    for (const answer of this.#answers.slice(-1)) answer.until = Math.min(answer.until, plan);
  }

  prune(oldest: number): void {
    this.#answers = this.#answers.filter(({ until }) => until > oldest);
    if (this.#answers.length === 0) this.#owner.delete(this.#key);
  }
}

/** What was worked out from the sets of a shard, kept for as long as nothing that it rests on changes. */
export class Remembered<Key, Value> {
  readonly #answers = new Map<Key, Answers<Key, Value>>();
  readonly #endings: Endings;

  constructor(endings: Endings) {
    this.#endings = endings;
  }

  /** True if no answer is kept. */
  get isEmpty(): boolean {
    return this.#answers.size === 0;
  }

  /** The answer for a plan, if it is known. */
  known(key: Key, plan: number): Value | undefined {
    return this.#answers.get(key)?.at(plan);
  }

  /** The answer for a plan for which none is known: `find` works it out, and narrows a span to the plans for which it is right. */
  find(key: Key, plan: number, find: (span: PlanSpan) => Value): Value {
    const answers = this.#answers.get(key) ?? new Answers(this.#answers, key);
    this.#answers.set(key, answers);
    const span = always();
    const value = find(span);
    answers.keep(value, plan, span);
    this.#endings.add(span.until, answers);
    return value;
  }

  /** From this plan on the answer may be another one. */
  end(key: Key, plan: number): void {
    const answers = this.#answers.get(key);
    if (answers === undefined) return;
    answers.end(plan);
    this.#endings.add(plan, answers);
  }
}
