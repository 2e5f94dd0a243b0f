import { Broken } from '../failures.ts';
import type { Mishap } from '../weather.ts';
import { never, type Outside, type ServerLife } from './server-life.ts';
import { leaseMs, type ServiceWorld } from './service-world.ts';

/** Something that is asked of the outside. */
export interface Asked<Answer> {
  readonly of: Outside;
  readonly what: string;
  readonly deed: () => Answer | Promise<Answer>;
  /** What it comes to for whoever does not hear what came of it, or that it was not done. */
  readonly fault: (words: string) => Error;
  /** Called once the question is on its way: what is asked behind it comes behind it. */
  readonly onLeft?: () => void;
  /** Ends the waiting for an answer that takes long. */
  readonly signal?: AbortSignal;
}

/** So many calls without any time passing are a loop that never ends. */
const callsAtOnceMax = 20_000;

/** The longest that an answer may take, where one takes long, in milliseconds. */
const lateMsMax = 9_000;

/**
 * How a server speaks to the outside. What it asks may be under way when it stands still or is killed, and be done all the same; it may
 * be sent much later than it was meant, since the server stood still; and its answer may come late, or never.
 */
export class Wire {
  readonly #world: ServiceWorld;
  readonly #life: ServerLife;
  readonly #name: string;
  readonly #crash: () => void;
  #calls = 0;
  #callsAtMs = 0;

  constructor(world: ServiceWorld, of: { life: ServerLife; name: string; crash: () => void }) {
    this.#world = world;
    this.#life = of.life;
    this.#name = of.name;
    this.#crash = of.crash;
  }

  async call<Answer>(asked: Asked<Answer>): Promise<Answer> {
    const { of, what, deed, fault } = asked;
    if (this.#life.hasFailed)
      this.#world.broken(new Broken(`${this.#name} did not start, and asks for ${what}`));
    this.#count(what);
    await this.#leave();
    await this.#standStill(what);
    asked.onLeft?.();
    if (this.#life.isCutOff(of)) {
      this.#world.coverage.note(`cut off: ${of}`);
      await this.#take(this.#world.random.below(3_000), asked.signal);
      throw fault(`${what}: no way there`);
    }
    const mishap = this.#mishap(of, what);
    if (mishap === 'crash-before') return this.#crashed(`before ${what}`);
    if (mishap === 'not-done') throw fault(`${what} is not done`);
    const [answer] = await Promise.allSettled([Promise.try(deed)]);
    if (mishap === 'crash-after') return this.#crashed(`after ${what}`);
    if (this.#world.random.chance(this.#world.weather.late))
      await this.#take(this.#world.random.below(lateMsMax), asked.signal);
    await this.#world.estate.scheduler.turn();
    await this.#life.gate();
    if (mishap === 'done-but-reported-failed') throw fault(`${what} is done, and reported failed`);
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  }

  /** What is sent as the server stops or ends may have left already, or not: then it leaves once the server goes on, or never. */
  async #leave(): Promise<void> {
    const { random, coverage } = this.#world;
    await this.#world.estate.scheduler.turn();
    if (!this.#life.isOver && !this.#life.standsStill) return;
    const isSent = random.chance(0.5);
    coverage.note(
      `under way when it ${this.#life.isOver ? 'ended' : 'stood still'}: ${isSent ? 'sent' : 'kept'}`,
    );
    if (!isSent) await this.#life.gate();
  }

  /** Stands still just before it sends something, where that is to happen, for as long as another server needs to take over or less. */
  async #standStill(what: string): Promise<void> {
    const { random, estate } = this.#world;
    if (this.#life.isOver || this.#life.standsStill || !this.#world.isToStandStillAt(what)) return;
    const forMs = random.pick([0.5, 2, 2.5, 3]) * leaseMs;
    this.#world.say(`${this.#name} stands still before ${what} for ${String(forMs)} ms`);
    this.#life.stand(random.pick(['stopped', 'suspended'] as const));
    void estate.clock.sleep(forMs).then(() => {
      this.#life.resume();
    });
    await this.#life.gate();
  }

  #mishap(of: Outside, what: string): Mishap {
    const mishap = this.#world.mishap(of, what);
    if (mishap !== 'none') this.#world.say(`${this.#name}: ${what}: ${mishap}`);
    return this.#life.isOver && mishap.startsWith('crash') ? 'none' : mishap;
  }

  #crashed(where: string): Promise<never> {
    this.#world.say(`${this.#name}: crash ${where}`);
    this.#crash();
    return never();
  }

  async #take(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#world.estate.scheduler.away(this.#world.estate.clock.sleep(milliseconds, signal));
    await this.#life.gate();
  }

  #count(what: string): void {
    const nowMs = this.#world.estate.clock.elapsedMs();
    if (nowMs > this.#callsAtMs) [this.#calls, this.#callsAtMs] = [0, nowMs];
    this.#calls += 1;
    if (this.#calls < callsAtOnceMax) return;
    this.#world.broken(new Broken(`${this.#name} asks again and again, and no time passes: ${what}`));
    this.#crash();
  }
}
