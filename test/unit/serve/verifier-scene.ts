import { pino } from 'pino';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import type { Entry } from '../../../events/entry.ts';
import type { Condition, Ledger } from '../../../src/ledger/port.ts';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { Arrivals } from '../../../src/serve/arrivals.ts';
import { RoleRecord } from '../../../src/serve/role-record.ts';
import type { RoleProgress } from '../../../src/serve/role.ts';
import { VerdictCounts } from '../../../src/serve/verdict-counts.ts';
import { verifierRole } from '../../../src/serve/verifier-role.ts';
import type { ViolationWatch } from '../../../src/verify/violations/violation-watch.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { actor } from '../../support/stage.ts';
import { entriesOf, recordedViolations, violationsUntil } from '../../support/violations.ts';
import { start, type History } from '../isolation/history.ts';

/** One who has the role of the verifier, or thinks so. */
export interface Holder {
  readonly verdicts: VerdictCounts;
  readonly told: RoleProgress[];
  /** Returns once the role has ended; throws what it throws. */
  readonly over: Promise<void>;
  end(): Promise<void>;
}

/** A ledger in memory to which a history is recorded, and those who judge it. */
export class VerifierScene {
  readonly clock = new ManualClock(start);
  readonly ledger = new MemoryLedger({ clock: this.clock, ids: randomIds });
  readonly #ending = new AbortController();
  #recorded = 0;

  /** Records what a history has more than was recorded of it, each batch at its time where that is to come. */
  async record({ batches, now }: Pick<History, 'batches' | 'now'>): Promise<void> {
    for (const { entries, recordedAt } of batches.slice(this.#recorded)) {
      if (recordedAt > this.clock.now()) this.clock.set(recordedAt);
      await this.say(...entries);
    }
    this.#recorded = batches.length;
    if (now > this.clock.now()) this.clock.set(now);
  }

  async say(...events: readonly DomainEvent[]): Promise<void> {
    await this.ledger.append({ events: events.map(draftOf), actor });
  }

  /** Takes the role as another process does, and works as it. `through` is how that process reaches the ledger. */
  async hold(of: { through?: Ledger; newWatch?: () => ViolationWatch } = {}): Promise<Holder> {
    const { through: ledger = this.ledger, ...how } = of;
    const { clock } = this;
    const holder = { host: 'control-1', pid: 1 };
    const fence: Condition = await new RoleRecord({ ledger: this.ledger, actor, holder }).take('verifier');
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, this.#ending.signal]);
    const { size } = await this.ledger.head();
    const arrivals = new Arrivals({ ledger: this.ledger, clock, after: size - 1 });
    const log = pino({ level: 'silent' });
    void arrivals.follow(signal, { log, onFault: () => undefined, onAnswer: () => undefined });
    const verdicts = new VerdictCounts();
    const told: RoleProgress[] = [];
    const role = verifierRole({ workspace: { ledger, clock }, actor, arrivals, verdicts, ...how });
    const over = role.run({ signal, log, fence, tell: (progress) => told.push(progress) });
    over.catch(() => undefined);
    const end = async (): Promise<void> => {
      ending.abort();
      await over;
    };
    return { verdicts, told, over, end };
  }

  /** Lets everybody do what there is to do now. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 30; turns += 1) await nextTurn();
  }

  /** Lets time pass, second by second, and everybody do what there is to do. */
  async pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 1) {
      this.clock.pass(1_000);
      await this.settle();
    }
  }

  entries(): Promise<Entry[]> {
    return entriesOf(this.ledger);
  }

  recorded(): Promise<string[]> {
    return recordedViolations(this.ledger);
  }

  expected(until: string): Promise<string[]> {
    return violationsUntil(this.ledger, until, this.clock);
  }

  end(): void {
    this.#ending.abort();
  }
}
