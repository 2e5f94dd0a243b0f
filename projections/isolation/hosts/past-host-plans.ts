import type { ObjectSet, View } from '../objects/view.ts';
import type { HeldBefore, HeldSets, HostPlans, SetRef, Stretch } from './host-plans.ts';

/** What hosts may have held some batches ago, for as long as the sets of then are remembered. */
export class PastHostPlans implements HeldSets {
  readonly #present: HostPlans;
  readonly #stretches = new Map<string, readonly Stretch[]>();
  readonly #lasts = new Map<string, number>();

  constructor(present: HostPlans) {
    this.#present = present;
  }

  /** Goes back by what one batch changed, the last one first. */
  takeBack({ stretches, lasts }: HeldBefore): void {
    for (const [host, before] of stretches) this.#stretches.set(host, before);
    for (const [shard, before] of lasts) this.#lasts.set(shard, before);
  }

  setsOf(host: string): SetRef[] {
    const stretches = this.#stretches.get(host) ?? this.#present.of(host);
    return this.#present.setsIn(stretches, (name) => this.#lasts.get(name) ?? this.#present.logOf(name).last);
  }

  objectsOf(ref: SetRef): ObjectSet {
    return this.#present.objectsOf(ref);
  }

  viewOf(ref: SetRef): View {
    return this.#present.viewOf(ref);
  }

  isOfExternals(vni: number): boolean {
    return this.#present.isOfExternals(vni);
  }
}
