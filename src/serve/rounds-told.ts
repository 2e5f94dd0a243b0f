import type { Round } from '../apply/drive/round-outcome.ts';
import type { Ledger } from '../ledger/port.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Arrival } from './arrivals.ts';
import { ChangeCauses, changeTold, plannedBehind } from './change-told.ts';
import type { Durations } from './durations.ts';
import type { RoleContext } from './role.ts';

/** Where a shard stands: the last entry that was seen, its plan, and how many objects that has. */
export interface ShardStanding {
  readonly seq: number;
  readonly plan: number;
  readonly objects: number;
}

interface TellingMeans {
  readonly shard: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: RoleContext['log'];
  readonly durations?: Durations;
}

/** What the rounds of a shard came to, as the log and the metrics have it: one line a round, and why it changed what it did. */
export class RoundsTold {
  readonly #means: TellingMeans;
  readonly #causes = new ChangeCauses(['tenant', 'external', 'host', 'shard']);
  /** What was recorded before this process began is among the causes. */
  #hasEarlier = false;
  /** Where the shard stood as the round began, also where others overtook it: what came of it is told with the next one. */
  #begun: ShardStanding | undefined;

  constructor(means: TellingMeans) {
    this.#means = means;
  }

  /** Hears of an entry, by which a round may change something. */
  note(arrival: Arrival): void {
    this.#causes.note(arrival);
  }

  begin(standing: ShardStanding): void {
    this.#begun ??= standing;
  }

  /** Tells of a round, and of the cut before it. */
  async tell(of: { cut: Round | undefined; done: Round; ms: number; to: ShardStanding }): Promise<void> {
    const { cut, done, ms, to } = of;
    const { shard, durations, log } = this.#means;
    const driven = new Set([...(cut?.driven ?? []), ...done.driven]).size;
    if (driven > 0) durations?.note(shard, ms / 1_000);
    const drifted = done.drifted.filter(({ isNew }) => isNew).map(({ host }) => host);
    const about = {
      ...{ shard, plan: to.plan, driven, ms, absent: [...done.absent.keys()], drifted },
      ...(driven > 0 ? await this.#change(to) : {}),
    };
    this.#begun = undefined;
    if (drifted.length > 0) log.warn(about, 'hosts had drifted');
    else log[driven > 0 ? 'info' : 'debug'](about, 'drove the shard');
  }

  /** What led to no change of this shard, up to an entry, is the cause of none that comes. */
  forget(seq: number): void {
    this.#hasEarlier = true;
    this.#causes.take(seq, this.#means.clock.now());
  }

  async #change(to: ShardStanding): Promise<object> {
    const { shard, ledger, clock } = this.#means;
    const from = this.#begun ?? to;
    const planned = await plannedBehind(ledger, { shard, after: from.seq, to: to.seq });
    if (!this.#hasEarlier) await this.#causes.addEarlier(ledger, { shard, to: from.seq });
    this.#hasEarlier = true;
    const causes = this.#causes.take(to.seq, clock.now());
    return changeTold(planned, { causes, objectsBefore: from.objects, objectsAfter: to.objects });
  }
}
