import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applying } from '../deeds/apply.ts';
import { quarantining } from '../deeds/drive.ts';
import type { Deed } from '../deeds/deed.ts';
import { chooseFolder, firstEstate } from '../changes/choose.ts';
import { Coverage } from '../coverage.ts';
import { Broken, SimulationFailure } from '../failures.ts';
import { Crowd } from '../step.ts';
import { calm, fair } from '../weather.ts';
import { quarantinable } from '../../support/quarantinable.ts';
import { Operator } from './operator.ts';
import { Server } from './server.ts';
import { soundServiceParts, type ServiceParts } from './service-parts.ts';
import { RestCheck } from './service-rest.ts';
import { calmService, fairService, leaseMs, roughService, ServiceWorld } from './service-world.ts';
import { armable, stoppable, troubles } from './trouble.ts';

export interface ServiceSimulationOptions {
  readonly seed: number;
  /** How many steps altogether. */
  readonly steps: number;
  readonly parts?: ServiceParts;
}

/** What was lived through: how often what happened, and the root of each world's ledger at its end. */
export interface ServiceLived {
  readonly coverage: Coverage;
  readonly roots: readonly string[];
}

/** After so many steps the next world begins, with a seed one higher. */
export const stepsPerWorld = 60;
const stepsBetweenRests = 20;
const serverCount = 3;

const lastTroubleMs = 4_000;

/** How long it may take until everything is where it should be, once nothing fails any more, in milliseconds. */
const restMsMax = 240_000;

/** Lives through worlds until the steps are done. Throws SimulationFailure for the first thing that is not as it must be. */
export async function simulateService({
  seed,
  steps,
  parts = soundServiceParts,
}: ServiceSimulationOptions): Promise<ServiceLived> {
  const coverage = new Coverage();
  const roots: string[] = [];
  for (let done = 0, next = seed; done < steps; done += stepsPerWorld, next = (next + 1) >>> 0) {
    const options = { seed: next, steps: Math.min(stepsPerWorld, steps - done), parts };
    roots.push(await liveThrough(options, coverage));
  }
  return { coverage, roots };
}

async function liveThrough(
  { seed, steps, parts }: Required<ServiceSimulationOptions>,
  coverage: Coverage,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'isoledger-test-'));
  const world = new ServiceWorld({ seed, parts, coverage });
  const service = new SimulatedService(world, folder);
  let step = 0;
  try {
    await service.begin();
    for (step = 1; step <= steps; step += 1) {
      world.say(`--- step ${String(step)}`);
      await service.step();
      coverage.note('steps');
      if (step % stepsBetweenRests === 0 || step === steps) await service.rest();
    }
    return (await world.estate.ledger.head()).root;
  } catch (fault) {
    const at = { seed, step, trace: world.estate.trace, file: 'service/service-simulation' };
    throw new SimulationFailure(at, fault);
  } finally {
    service.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Several servers of one service, people who use it, and all that befalls them. */
class SimulatedService {
  readonly #world: ServiceWorld;
  readonly #crowd: Crowd;
  readonly #servers: readonly Server[];
  readonly #operator: Operator;
  readonly #check: RestCheck;
  #troubles: (typeof troubles)[number][] = [];
  #mishaps: (typeof armable)[number][] = [];
  #stops: string[] = [];

  constructor(world: ServiceWorld, folder: string) {
    this.#world = world;
    this.#crowd = new Crowd(world.estate);
    this.#servers = Array.from(
      { length: serverCount },
      (_, index) => new Server(world, { name: `server-${String(index + 1)}`, folder }),
    );
    this.#operator = new Operator(world, this.#servers);
    this.#check = new RestCheck(world);
  }

  async begin(): Promise<void> {
    const begun = await this.#crowd.alone(applying(firstEstate(this.#world.estate)));
    if (begun !== 'recorded') throw new Broken(`the first estate: ${begun}`);
    for (const server of this.#servers) server.start();
    await this.#world.pass(1_000);
  }

  /** Some trouble, something that somebody does, and some time. */
  async step(): Promise<void> {
    const world = this.#world;
    const { random, estate } = world;
    world.weather = random.pick([fairService, fairService, roughService]);
    estate.weather = fair;
    if (random.chance(0.8)) this.#happen();
    if (random.chance(0.8)) this.#arm();
    if (random.chance(0.4)) this.#letStandStill();
    // While somebody stands still, others go on: what it does once it wakes is of the past then.
    const standsStill = this.#servers.some(({ running }) => running?.life.standsStill === true);
    for (let deeds = standsStill ? 2 : random.below(2); deeds > 0; deeds -= 1)
      await this.#crowd.alone(this.#deed());
    await world.pass(100 + random.below(random.pick([500, 4_000, 12_000])));
    estate.advance();
    this.#operator.requireReasons();
    if (random.chance(0.15)) await this.#operator.look();
    await world.look();
  }

  /**
   * Lets everything come to rest: nothing fails any more, all is there. Within some minutes all is caught up with; and what a server has
   * in hand that is killed then, others have within twice the time of a lease.
   */
  async rest(): Promise<void> {
    const world = this.#world;
    // What was still to go wrong has its time.
    await this.#crowd.alone(this.#deed());
    world.estate.advance();
    await world.pass(lastTroubleMs);
    this.#calmDown();
    await this.#crowd.alone(this.#deed());
    world.estate.advance();
    const tookMs = await this.#until(this.#servers, restMsMax);
    world.coverage.note(`at rest within ${String(Math.ceil(tookMs / 30_000) * 30)} s`);
    const killed = world.random.pick(this.#servers);
    killed.isKeptDown = true;
    killed.kill();
    await this.#crowd.alone(this.#deed());
    world.estate.advance();
    await this.#until(
      this.#servers.filter((server) => server !== killed),
      2 * leaseMs,
    );
    world.coverage.note('others took over within twice the time of a lease');
    killed.isKeptDown = false;
    killed.start();
    await world.look();
  }

  end(): void {
    for (const server of this.#servers) {
      server.isKeptDown = true;
      server.kill();
    }
  }

  #calmDown(): void {
    const world = this.#world;
    world.say('everything comes to rest');
    world.weather = calmService;
    world.estate.weather = calm;
    world.armed.length = 0;
    world.standingStillAt.length = 0;
    world.estate.hosts.bringBack();
    world.broker.isAway = false;
    world.broker.behind = 0;
    world.leases.isAway = false;
    for (const receiver of world.receivers) receiver.mood = 'well';
    for (const { running, clockSetting } of this.#servers) {
      clockSetting.aheadMs = 0;
      running?.life.resume();
      running?.life.reconnect();
    }
  }

  /** Lets time pass until all is as it is at rest, and says how long it took, in milliseconds. Throws Broken where that takes too long. */
  async #until(servers: readonly Server[], withinMs: number): Promise<number> {
    const { clock } = this.#world.estate;
    const begunMs = clock.elapsedMs();
    for (;;) {
      const left = await this.#check.left(servers);
      const tookMs = clock.elapsedMs() - begunMs;
      if (left === undefined) return tookMs;
      if (tookMs > withinMs) throw new Broken(`after ${String(tookMs / 1_000)} s of rest: ${left}`);
      await this.#world.pass(1_000);
      this.#operator.requireReasons();
      await this.#operator.look();
    }
  }

  #deed(): Deed {
    const { random, estate } = this.#world;
    const { documents, quarantined } = estate.expectation.now;
    const subjects = quarantinable(documents);
    const [held] = subjects.filter(({ name }) => quarantined.has(name));
    if (held !== undefined && random.chance(0.3)) return quarantining(held, 'release', false);
    if (subjects.length > 0 && random.chance(0.2))
      return quarantining(random.pick(subjects), 'quarantine', false);
    return applying(chooseFolder(estate));
  }

  #happen(): void {
    const world = this.#world;
    if (this.#troubles.length === 0) this.#troubles = [...troubles];
    const [trouble] = this.#troubles.splice(world.random.below(this.#troubles.length), 1);
    if (trouble === undefined) return;
    const words = trouble.happen(world, this.#servers);
    world.coverage.note(`trouble: ${trouble.name}`);
    world.say(`${trouble.name}: ${words}`);
  }

  #arm(): void {
    const { armed, random } = this.#world;
    if (this.#mishaps.length === 0) this.#mishaps = [...armable];
    armed.push(...this.#mishaps.splice(random.below(this.#mishaps.length), 1));
  }

  #letStandStill(): void {
    const { standingStillAt, random } = this.#world;
    if (this.#stops.length === 0) this.#stops = [...stoppable];
    standingStillAt.push(...this.#stops.splice(random.below(this.#stops.length), 1));
  }
}
