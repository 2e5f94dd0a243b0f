import type { BindingObject, OverlayObject } from '../../../events/overlay-objects.ts';
import { narrow, type PlanSpan, type Version } from './versions.ts';

/** An object in its place, as the sets of some plans hold it. */
export type ListedObject = Version<OverlayObject>;

/** A place in the order of a set, and the plan that puts something there. */
export interface PlaceAt {
  readonly order: number;
  readonly plan: number;
}

/** All objects of a shard's sets, in order. */
export class ObjectList {
  #listed: ListedObject[] = [];
  /** False while objects that replaced others are at the end of the list. */
  #inOrder = true;
  /** How many of them no kept set holds. */
  #dead = 0;

  put(item: OverlayObject, { order, plan }: PlaceAt): ListedObject {
    const listed = { item, order, since: plan, until: Infinity };
    if (order < (this.#listed.at(-1)?.order ?? 0)) this.#inOrder = false;
    this.#listed.push(listed);
    return listed;
  }

  /** The objects that the set of a plan holds. */
  at(plan: number): OverlayObject[] {
    const items: OverlayObject[] = [];
    for (const { item, since, until } of this.ordered()) if (since <= plan && plan < until) items.push(item);
    return items;
  }

  /** The bindings among them. `span` is narrowed to the plans for which they are the same. */
  bindingsAt(plan: number, span: PlanSpan): BindingObject[] {
    const bindings: BindingObject[] = [];
    for (const { item, since, until } of this.ordered()) {
      if (item.kind !== 'binding') continue;
      if (since <= plan && plan < until) bindings.push(item);
      narrow(span, plan, since);
      narrow(span, plan, until);
    }
    return bindings;
  }

  /** Each with the plans that hold it. Some may be of no kept set. */
  ordered(): readonly ListedObject[] {
    // What replaced another came later, and stays behind it.
    if (!this.#inOrder) this.#listed.sort((a, b) => a.order - b.order);
    this.#inOrder = true;
    return this.#listed;
  }

  /** Drops some that ended at a plan or before. The list is looked through only when half of it can go, so that this costs what ended. */
  drop(count: number, oldest: number): void {
    this.#dead += count;
    if (2 * this.#dead <= this.#listed.length) return;
    this.#listed = this.#listed.filter(({ until }) => until > oldest);
    this.#dead = 0;
  }
}
