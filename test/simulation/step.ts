import { chooseDeed } from './choose-deed.ts';
import { chooseBypass } from './deeds/bypass.ts';
import { wordsOfFault, type Deed } from './deeds/deed.ts';
import { Broken } from './failures.ts';
import {
  handWorking,
  hostLeaves,
  hostsReturn,
  tampering,
  timePasses,
  timeSteps,
  type Event,
} from './mischief.ts';
import { Process } from './process.ts';
import { fair, rough } from './weather.ts';
import { checkVerifier } from './verifier-check.ts';
import type { World } from './world.ts';

/** How many processes there are. */
const processCount = 3;
/** How often somebody says something of what is done by hand, where anybody does so. */
const byHand = 0.12;
/** How often the verifier is asked. */
const verified = 0.1;

const eventsBetween: readonly Event[] = [
  ...[timePasses, timePasses, timePasses, timePasses, timePasses, timeSteps],
  ...[hostLeaves, hostLeaves, hostsReturn, hostsReturn, tampering, tampering],
];

/** What may happen while somebody is at work. What is judged at which instant is only known while the clock stands still. */
const eventsAmidst: readonly Event[] = [hostLeaves, hostsReturn, tampering];

/** Everybody who works with the ledger; one who fails or ends begins anew under the same name. */
export class Crowd {
  readonly #world: World;
  readonly #processes: readonly Process[];

  constructor(world: World) {
    this.#world = world;
    this.#processes = Array.from(
      { length: processCount },
      (_, index) => new Process(world, `process-${String(index + 1)}`),
    );
  }

  /** One step: perhaps something happens to the world; then one process does something, or several at a time. */
  async step(): Promise<void> {
    const world = this.#world;
    const { random } = world;
    world.weather = random.chance(0.5) ? rough : fair;
    if (random.chance(0.5)) this.#happen(random.pick(eventsBetween));
    const count = random.chance(0.6) ? 1 : 2 + random.below(processCount - 1);
    const deeds = Array.from({ length: count }, () => chooseDeed(world));
    const byHand = this.#byHand();
    await this.#together(byHand === undefined ? deeds : [byHand, ...deeds.slice(1)]);
    if (random.chance(0.1)) random.pick(this.#processes).end();
    world.advance();
    await world.archive.check(world.ledger);
    if (random.chance(verified)) await checkVerifier(world);
  }

  /** Somebody works at a host by hand, where that was said; or says something of it instead of what somebody else would do. */
  #byHand(): Deed | undefined {
    const { handWork, parts } = this.#world;
    if (!parts.byHand) return undefined;
    if (handWork.open.length > 0 && handWork.random.chance(0.3)) this.#happen(handWorking);
    return handWork.random.chance(byHand) ? chooseBypass(this.#world) : undefined;
  }

  /** Does one thing, alone, and returns what came of it. */
  async alone(deed: Deed): Promise<string> {
    let outcome = '';
    await this.#run([async () => (outcome = await this.#do(this.#processes[0], deed))]);
    return outcome;
  }

  async #amidst(): Promise<string> {
    const { random, scheduler } = this.#world;
    for (let turns = random.below(12); turns > 0; turns -= 1) await scheduler.turn();
    this.#happen(random.pick(eventsAmidst));
    return '';
  }

  #happen(event: Event): void {
    const words = event.happen(this.#world);
    this.#world.coverage.note(`event: ${event.name}`);
    this.#world.say(`${event.name}: ${words}`);
  }

  async #together(deeds: readonly Deed[]): Promise<void> {
    this.#world.isAlone = deeds.length === 1;
    this.#world.coverage.note(`at a time: ${String(deeds.length)}`);
    const tasks = deeds.map((deed, index) => () => this.#do(this.#processes[index], deed));
    await this.#run(this.#world.random.chance(0.2) ? [...tasks, () => this.#amidst()] : tasks);
    this.#world.isAlone = true;
  }

  async #run(tasks: readonly (() => Promise<unknown>)[]): Promise<void> {
    await this.#world.scheduler.run(
      tasks.map((task) => async () => {
        try {
          await task();
        } catch (fault) {
          this.#world.failure ??= fault instanceof Error ? fault : new Error(String(fault));
        }
      }),
    );
    if (this.#world.failure !== undefined) throw this.#world.failure;
  }

  async #do(process: Process | undefined, deed: Deed): Promise<string> {
    if (process === undefined) throw new Broken('nobody is there to do it');
    const { coverage } = this.#world;
    let outcome: string | undefined;
    try {
      outcome = await deed.run(process);
    } catch (fault) {
      outcome = wordsOfFault(fault);
      if (outcome === undefined) throw fault;
    } finally {
      process.endIfCrashed();
    }
    this.#world.say(`${process.name}: ${deed.name}: ${outcome}`);
    coverage.note(`deed: ${deed.name}: ${outcome}`);
    return outcome;
  }
}
