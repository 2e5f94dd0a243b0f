import { chooseDeed } from './choose-deed.ts';
import { wordsOfFault, type Deed } from './deeds/deed.ts';
import { Broken } from './failures.ts';
import { hostLeaves, hostsReturn, tampering, timePasses, timeSteps, type Event } from './mischief.ts';
import { Process } from './process.ts';
import { fair, rough } from './weather.ts';
import type { World } from './world.ts';

/** How many processes there are. */
const processCount = 3;

const events: readonly Event[] = [
  ...[timePasses, timePasses, timePasses, timePasses, timePasses, timeSteps],
  ...[hostLeaves, hostLeaves, hostsReturn, hostsReturn, tampering, tampering],
];

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
    if (random.chance(0.5)) this.#happen(random.pick(events));
    const count = random.chance(0.6) ? 1 : 2 + random.below(processCount - 1);
    await this.#together(Array.from({ length: count }, () => chooseDeed(world)));
    if (random.chance(0.1)) random.pick(this.#processes).end();
    world.advance();
    await world.archive.check(world.ledger);
  }

  /** Does one thing, alone, and returns what came of it. */
  async alone(deed: Deed): Promise<string> {
    let outcome = '';
    await this.#run([async () => (outcome = await this.#do(this.#processes[0], deed))]);
    return outcome;
  }

  #happen(event: Event): void {
    const words = event.happen(this.#world);
    this.#world.coverage.note(`event: ${event.name}`);
    this.#world.say(`${event.name}: ${words}`);
  }

  async #together(deeds: readonly Deed[]): Promise<void> {
    this.#world.isAlone = deeds.length === 1;
    this.#world.coverage.note(`at a time: ${String(deeds.length)}`);
    await this.#run(
      deeds.map((deed, index) => async () => {
        await this.#do(this.#processes[index], deed);
      }),
    );
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
      process.end();
      outcome = wordsOfFault(fault);
      if (outcome === undefined) throw fault;
    }
    this.#world.say(`${process.name}: ${deed.name}: ${outcome}`);
    coverage.note(`deed: ${deed.name}: ${outcome}`);
    return outcome;
  }
}
