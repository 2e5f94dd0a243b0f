import { ruleWords } from '../../words/rule-words.ts';
import type { Policy, Rule } from '../../../events/estate.ts';
import { tenantOf } from '../../../events/names.ts';
import type { Cause } from '../../../projections/isolation/history/timeline.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import type { FoldedBatch, IsolationState } from '../../../projections/isolation/state.ts';
import { originOf, Origins, type Origin, type Side } from '../origins.ts';

/** The event (the last one of its batch) that began or ended a window, and of whom it is; or the clock alone. */
export type WindowCause = Origin | Extract<Cause, { seq: null }>;

/** A rule that authorised traffic, and the event that put it in force. */
export interface AuthorisingRule {
  readonly tenant: string;
  readonly side: Side;
  readonly id: string;
  /** In words, as one line. */
  readonly text: string;
  readonly enacted: Origin | null;
}

/** Tells of whom are the events that open and close windows, and the rules that authorise. */
export class WindowCauses {
  readonly #origins = new Origins();
  #next: FoldedBatch | undefined;

  /** A batch is to come: up to it time passes first, before its entries count. */
  expect(batch: FoldedBatch): void {
    this.#next = batch;
  }

  /** The cause of a stop in these terms. Where it is an event, the batch that was to come counts from now on. */
  of(cause: Cause): WindowCause {
    if (cause.seq === null) return cause;
    const entries = this.#next?.entries ?? [];
    for (const entry of entries) this.#origins.take(entry);
    const last = entries.at(-1);
    if (last === undefined) throw new RangeError('a batch has entries');
    return originOf(last);
  }

  ruleOf(
    { from, to }: Pair,
    { side, rule: id }: { readonly side: Side; readonly rule: string },
    { documents }: IsolationState,
  ): AuthorisingRule {
    const tenant = tenantOf(side === 'egress' ? from : to) ?? '';
    return authorisingRule({ tenant, side, id }, documents.policies.get(tenant), this.#origins);
  }
}

/** Tells of a rule by the policy that it stands in. */
export function authorisingRule(
  { tenant, side, id }: Pick<AuthorisingRule, 'tenant' | 'side' | 'id'>,
  policy: Policy | undefined,
  origins: Origins,
): AuthorisingRule {
  const rules: readonly Rule[] = policy?.[side] ?? [];
  const rule = rules.find((one) => one.id === id);
  const enacted = origins.rule(tenant, side, id) ?? null;
  return { tenant, side, id, text: rule === undefined ? '' : ruleWords(rule), enacted };
}
