import type { BindingObject, OverlayObject } from '../../../events/overlay-objects.ts';
import type { Endings, Prunable } from './endings.ts';
import { narrow, type PlaceAt, type PlanSpan, type Version } from './versions.ts';

/** An object in its place, as the sets of some plans hold it. */
export type ListedObject = Version<OverlayObject>;

/** All objects of a shard's sets, in order. */
export class ObjectList implements Prunable {
  readonly #endings: Endings;
  #listed: ListedObject[] = [];
  /** False while objects that replaced others are at the end of the list. */
  #inOrder = true;
  /** How many ended at each plan, in the order of plans; and how many nobody asks about any more. */
  readonly #ended = new Map<number, number>();
  #dead = 0;

  constructor(endings: Endings) {
    this.#endings = endings;
  }

  put(item: OverlayObject, { order, plan }: PlaceAt): ListedObject {
    const listed = { item, order, since: plan, until: Infinity };
    if (order < (this.#listed.at(-1)?.order ?? 0)) this.#inOrder = false;
    this.#listed.push(listed);
    return listed;
  }

  end(listed: ListedObject, plan: number): void {
    listed.until = plan;
    this.#ended.set(plan, (this.#ended.get(plan) ?? 0) + 1);
    this.#endings.add(plan, this);
  }

  /** The objects that the set of a plan holds. */
  at(plan: number): OverlayObject[] {
    const items: OverlayObject[] = [];
    for (const { item, since, until } of this.#ordered()) if (since <= plan && plan < until) items.push(item);
    return items;
  }

  /** The bindings among them. `span` is narrowed to the plans for which they are the same. */
  bindingsAt(plan: number, span: PlanSpan): BindingObject[] {
    const bindings: BindingObject[] = [];
    for (const { item, since, until } of this.#ordered()) {
      if (item.kind !== 'binding') continue;
      if (since <= plan && plan < until) bindings.push(item);
      narrow(span, plan, since);
      narrow(span, plan, until);
    }
    return bindings;
  }

  #ordered(): readonly ListedObject[] {
    // What replaced another came later, and stays behind it.
    if (!this.#inOrder) this.#listed.sort((a, b) => a.order - b.order);
    this.#inOrder = true;
    return this.#listed;
  }

  /** Looks through the list only when half of it can go, so that this costs what ended. */
  prune(oldest: number): void {
    for (const [plan, count] of this.#ended) {
      if (plan > oldest) break;
      this.#dead += count;
      this.#ended.delete(plan);
    }
    if (2 * this.#dead <= this.#listed.length) return;
    this.#listed = this.#listed.filter(({ until }) => until > oldest);
    this.#dead = 0;
  }
}
