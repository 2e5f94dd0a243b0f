import type { EventData } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import {
  violationKey,
  violationKinds,
  violationRulesMax,
  type ViolationKind,
} from '../../../events/verification.ts';
import { findingsFor } from '../../../projections/isolation/engine/engine.ts';
import type { Cause } from '../../../projections/isolation/history/timeline.ts';
import { findingKey, type Finding } from '../../../projections/isolation/judging/findings.ts';
import type { KeptStop } from './kept-stops.ts';

type Violated = EventData<'IsolationViolated'>;
type Restored = EventData<'IsolationRestored'>;

/** A violation that an engine came to, as it was when it began. */
interface KnownViolation {
  readonly violated: Violated;
  closedBy: Cause | null;
  /** All that there is to record of it is recorded, though it lasts by this engine. */
  isTold: boolean;
}

/** An event that is to be recorded, and the cause that it tells of; null where it tells of none. */
export type DueEvent = { readonly cause: Violated['openedBy'] | null } & (
  | { readonly type: 'IsolationViolated'; readonly data: Violated }
  | { readonly type: 'IsolationRestored'; readonly data: Restored }
);

/**
 * Violations as an engine comes to them, held against what the ledger has of them. A violation is the same one, whoever comes to it: by its
 * kind, its ends, and what began it. What is recorded whole is forgotten.
 */
export class ViolationBook {
  /** By findingKey, those that last. */
  readonly #lasting = new Map<string, KnownViolation>();
  /** By violationKey, those that last, and those of which something is to be recorded, in the order in which they began. */
  readonly #known = new Map<string, KnownViolation>();
  /** By violationKey, those that are recorded and not restored, with the seq of their entry. */
  readonly #recorded = new Map<string, { readonly seq: number; readonly violated: Violated }>();
  #due: readonly DueEvent[] | undefined;

  /** Takes what the engine found at its next stop. */
  take({ changed, cause }: Pick<KeptStop, 'changed' | 'cause'>): void {
    for (const record of changed) {
      const found = findingsFor(record, () => true).flatMap(violationIn);
      for (const kind of violationKinds)
        if (found.every((finding) => finding.kind !== kind)) this.#end({ ...record, kind }, cause);
      for (const finding of found) this.#begin(finding, cause);
    }
  }

  /** Takes what was recorded next, after the engine has followed it. */
  record(entries: readonly Entry[]): void {
    for (const { seq, ...entry } of entries) {
      if (entry.type === 'IsolationViolated')
        this.#recorded.set(violationKey(entry.data), { seq, violated: entry.data });
      else if (entry.type === 'IsolationRestored') this.#recordEnd(entry.data);
      else continue;
      this.#due = undefined;
    }
  }

  /** How many violations last. */
  get lasting(): number {
    return this.#lasting.size;
  }

  /** What is to be recorded, by all that was taken: the whole ledger must have been. The end of a violation is due once its beginning is recorded. */
  get due(): readonly DueEvent[] {
    this.#due ??= [...this.#violated(), ...this.#restored(), ...this.#withdrawn()];
    return this.#due;
  }

  #begin(finding: Finding & { readonly kind: ViolationKind }, openedBy: Cause): void {
    const key = findingKey(finding);
    if (this.#lasting.has(key)) return;
    const { kind, from, to, former = null, witness, rules } = finding;
    const violated: Violated = {
      ...{ kind, from, to, openedBy, former: former && { ...former } },
      witness: { ...witness },
      rules: rules.slice(0, violationRulesMax),
    };
    const known = { violated, closedBy: null, isTold: false };
    this.#lasting.set(key, known);
    this.#known.set(violationKey(violated), known);
    this.#due = undefined;
  }

  #end(ended: Parameters<typeof findingKey>[0], closedBy: Cause): void {
    const known = this.#lasting.get(findingKey(ended));
    if (known === undefined) return;
    this.#lasting.delete(findingKey(ended));
    known.closedBy = closedBy;
    if (known.isTold) this.#known.delete(violationKey(known.violated));
    this.#due = undefined;
  }

  #recordEnd(data: Restored): void {
    const key = violationKey(data);
    this.#recorded.delete(key);
    const known = this.#known.get(key);
    // What was withdrawn, and is so all the same, is recorded again.
    if (known === undefined || data.closedBy === null) return;
    known.isTold = true;
    if (known.closedBy !== null) this.#known.delete(key);
  }

  *#violated(): Generator<DueEvent> {
    for (const [key, { violated, isTold }] of this.#known)
      if (!isTold && !this.#recorded.has(key))
        yield { type: 'IsolationViolated', data: violated, cause: violated.openedBy };
  }

  *#restored(): Generator<DueEvent> {
    for (const [key, { violated, closedBy }] of this.#known) {
      const seq = this.#recorded.get(key)?.seq;
      if (seq === undefined || closedBy === null) continue;
      yield { type: 'IsolationRestored', data: endOf(violated, seq, closedBy), cause: closedBy };
    }
  }

  /** The ends of violations that are recorded, and that the engine does not come to. */
  *#withdrawn(): Generator<DueEvent> {
    for (const [key, { seq, violated }] of this.#recorded)
      if (!this.#known.has(key))
        yield { type: 'IsolationRestored', data: endOf(violated, seq, null), cause: null };
  }
}

function endOf({ kind, from, to, openedBy }: Violated, violation: number, closedBy: Cause | null): Restored {
  return { violation, kind, from, to, openedBy, closedBy };
}

function violationIn(finding: Finding): (Finding & { readonly kind: ViolationKind })[] {
  const kind = violationKinds.find((each) => each === finding.kind);
  return kind === undefined ? [] : [{ ...finding, kind }];
}
