import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import { draftOf } from '../../../events/draft.ts';
import { digestOfObjects, keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { foldedFor, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { FoldedBatch } from '../../../projections/isolation/state.ts';
import { IsolationState } from '../../../projections/isolation/state.ts';

/** The instant that tests begin at, and instants a number of seconds after it. */
export const start = '2026-03-01T12:00:00.000Z';
export function after(seconds: number, instant = start): string {
  return new Date(Date.parse(instant) + seconds * 1000).toISOString();
}

/** Entries as a ledger would hold them, put together by hand, with the overlay's plans and acknowledgements. */
export class History {
  readonly batches: FoldedBatch[] = [];
  readonly #plans = new Map<string, { plan: number; objects: readonly OverlayObject[] }>();
  #seq = -1;
  #now = start;

  /** The seq of the last entry. */
  get seq(): number {
    return this.#seq;
  }

  get now(): string {
    return this.#now;
  }

  /** Lets time pass. */
  wait(seconds: number): this {
    this.#now = after(seconds, this.#now);
    return this;
  }

  /** Records events as one batch. */
  record(...events: readonly DomainEvent[]): this {
    const batchId = uuidOf(1_000_000 + this.batches.length);
    const entries = events.map((event, index): Entry => {
      const { subject, tenant, schemaVersion } = draftOf(event);
      this.#seq += 1;
      return {
        v: 1,
        seq: this.#seq,
        id: uuidOf(this.#seq),
        subject,
        ...(tenant === undefined ? {} : { tenant }),
        schemaVersion,
        recordedAt: this.#now,
        batch: { id: batchId, index, count: events.length },
        actor: { name: 'tester', authenticated: 'asserted' },
        ...event,
      };
    });
    this.batches.push({ entries, last: this.#seq, recordedAt: this.#now });
    return this;
  }

  /** What a shard planned last. */
  planned(shard = 'east'): readonly OverlayObject[] {
    return this.#plans.get(shard)?.objects ?? [];
  }

  /** Its number; 0 before the first. */
  planNumber(shard = 'east'): number {
    return this.#plans.get(shard)?.plan ?? 0;
  }

  /** Plans that a shard's hosts shall hold these objects. */
  plan(wanted: readonly OverlayObject[], shard = 'east'): this {
    const before = this.#plans.get(shard) ?? { plan: 0, objects: [] };
    const byKey = objectsByKey(wanted);
    const objects = [...byKey.values()];
    const plan = before.plan + 1;
    const held = new Set(before.objects.map((object) => JSON.stringify(object)));
    this.#plans.set(shard, { plan, objects });
    return this.record({
      type: 'ChangePlanned',
      data: {
        shard,
        plan,
        basis: 0,
        put: objects.filter((object) => !held.has(JSON.stringify(object))),
        removed: before.objects.map(keyOf).filter((key) => !byKey.has(key)),
        before: digestOfObjects(before.objects),
        after: digestOfObjects(objects),
      },
    });
  }

  /** Hosts acknowledge the last plan of a shard. Unless it is said otherwise, the whole of them was seen just now. */
  acknowledge(hosts: readonly string[], shard = 'east', seenWhole: string | null = this.#now): this {
    const { plan, objects } = this.#plans.get(shard) ?? { plan: 0, objects: [] };
    const digest = digestOfObjects(objects);
    const evidence = { driver: 'embedded', objects: objects.length };
    return this.record(
      ...hosts.map((host): DomainEvent => ({
        type: 'ChangeApplied',
        data: { shard, host, plan, digest, seenWhole, evidence },
      })),
    );
  }

  /** The verifier's state after all of it, as somebody folds it whose clock may be behind. */
  state(clock?: string, lane?: Lane): IsolationState {
    return this.stateAfter(this.batches.length - 1, clock, lane);
  }

  /** The same after the batch of an index. */
  stateAfter(index: number, clock?: string, lane: Lane = 'applied'): IsolationState {
    const state = new IsolationState({ clock, ...foldedFor(lane) });
    for (const batch of this.batches.slice(0, index + 1)) state.follow(batch);
    return state;
  }
}

function uuidOf(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}
