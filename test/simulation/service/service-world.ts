import { decodeEntry } from '../../../events/codec/decode.ts';
import type { Random } from '../../bench/estate/random.ts';
import type { Coverage } from '../coverage.ts';
import { Broken } from '../failures.ts';
import { soundParts } from '../settings.ts';
import { calm, mishapIn, type Mishap } from '../weather.ts';
import { World } from '../world.ts';
import { Broker } from './broker.ts';
import { LeasePlace } from './lease-place.ts';
import { Receiver } from './receiver.ts';
import { RoleWatch } from './role-watch.ts';
import type { Outside } from './server-life.ts';
import type { ServiceParts } from './service-parts.ts';

/** How likely trouble is at each call of a server. */
export interface ServiceWeather {
  readonly fault: number;
  readonly crash: number;
  /** That the answer takes long. */
  readonly late: number;
}

export const calmService: ServiceWeather = { ...calm, late: 0 };
export const fairService: ServiceWeather = { fault: 0.002, crash: 0.0001, late: 0.002 };
export const roughService: ServiceWeather = { fault: 0.04, crash: 0.0008, late: 0.02 };

/** What is to befall the next call of a kind. */
export interface ArmedMishap {
  readonly what: string;
  readonly mishap: Mishap;
}

/** How long a role stays taken after its holder has ended without giving it back, in milliseconds. */
export const leaseMs = 6_000;

/** All that is outside of the servers of a service. */
export class ServiceWorld {
  /** The ledger, the hosts, and what people ask for. */
  readonly estate: World;
  readonly random: Random;
  readonly coverage: Coverage;
  readonly parts: ServiceParts;
  readonly broker: Broker;
  readonly leases: LeasePlace;
  readonly receivers: readonly Receiver[] = [new Receiver('archive'), new Receiver('collector')];
  readonly roles = new RoleWatch(leaseMs);
  weather: ServiceWeather = calmService;
  readonly armed: ArmedMishap[] = [];
  /** The calls before which whoever makes the next one stands still. */
  readonly standingStillAt: string[] = [];
  readonly #plans = new Map<string, number>();
  #pid = 0;
  #seen = -1;

  constructor(of: { seed: number; parts: ServiceParts; coverage: Coverage }) {
    this.estate = new World({ seed: of.seed, parts: soundParts, coverage: of.coverage });
    this.estate.traceMax = 200;
    this.random = this.estate.random;
    this.coverage = of.coverage;
    this.parts = of.parts;
    const { clock } = this.estate;
    this.broker = new Broker(() => clock.elapsedMs());
    this.leases = new LeasePlace(() => clock.now());
  }

  nextPid(): number {
    this.#pid += 1;
    return this.#pid;
  }

  say(line: string): void {
    this.estate.say(`${this.estate.clock.now().slice(11)} ${line}`);
  }

  /** Remembers the first thing that was found broken. */
  broken(fault: Error): void {
    this.estate.failure ??= fault;
  }

  /** Runs a check of what somebody outside gets, and remembers what it found whatever becomes of the fault. */
  watched<Result>(check: () => Result): Result {
    try {
      return check();
    } catch (error) {
      if (error instanceof Broken) this.broken(error);
      throw error;
    }
  }

  /** Draws what befalls the next call. */
  mishap(of: Outside, what: string): Mishap {
    const at = this.armed.findIndex((each) => what.startsWith(each.what));
    const [armed] = at === -1 ? [] : this.armed.splice(at, 1);
    const mishap = armed?.mishap ?? mishapIn(this.weather, this.random);
    if (mishap !== 'none') this.coverage.note(`mishap: ${of}: ${shortly(what)}: ${mishap}`);
    return mishap;
  }

  isToStandStillAt(what: string): boolean {
    const at = this.standingStillAt.findIndex((each) => what.startsWith(each));
    if (at === -1) return false;
    this.coverage.note(`stands still before: ${this.standingStillAt.splice(at, 1).join('')}`);
    return true;
  }

  /** The highest plan that a host ever took of a shard. */
  highestPlan(shard: string, host: string): number {
    return this.#plans.get(`${shard} ${host}`) ?? 0;
  }

  tookPlan(shard: string, host: string, plan: number): void {
    this.#plans.set(`${shard} ${host}`, Math.max(plan, this.highestPlan(shard, host)));
  }

  /** Looks at what came to the ledger since the last time. Throws Broken. */
  async look(): Promise<void> {
    const { archive, ledger } = this.estate;
    await archive.check(ledger);
    for await (const stored of ledger.read({ after: this.#seen })) {
      const entry = decodeEntry(stored);
      this.roles.took(entry);
      this.coverage.note(`entry: ${entry.type}`);
      this.#seen = stored.seq;
    }
  }

  /** Lets time pass, and whoever has something to do then go on. Throws what was found broken meanwhile. */
  async pass(milliseconds: number): Promise<void> {
    const { scheduler, clock } = this.estate;
    await scheduler.run([() => scheduler.away(clock.sleep(milliseconds))]);
    if (this.estate.failure !== undefined) throw this.estate.failure;
  }
}

/** Without what is appended. */
function shortly(what: string): string {
  return what.replace(/^append .*/, 'append');
}
