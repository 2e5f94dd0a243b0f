import { z } from 'zod';
import type { Actor } from '../../events/entry.ts';
import type { SyncRequest } from '../../src/apply/drive/sync.ts';
import { keptEstate } from '../../src/apply/plan/kept-estate.ts';
import type { Estate } from '../../src/projector/estate-projection.ts';
import { Projected, unfolded } from '../../src/projector/projection.ts';
import { Life } from './life.ts';
import { ProcessClock } from './process-clock.ts';
import { processDriver } from './process-driver.ts';
import { ProcessLedger } from './process-ledger.ts';
import type { World } from './world.ts';

/** How long a sync waits for hosts and for roles: not at all, or for a few tries. */
const timeoutsMs = [0, 0, 700];

/** Somebody who works with the ledger: has the estate in memory, until it ends or fails. */
export class Process {
  readonly name: string;
  readonly world: World;
  readonly ledger: ProcessLedger;
  readonly clock: ProcessClock;
  readonly #life: Life;
  #memory: Projected<Estate> | undefined;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
    const say = (line: string): void => {
      world.say(`${name}: ${line}`);
    };
    this.#life = new Life(say);
    this.ledger = new ProcessLedger(world, { life: this.#life, say });
    this.clock = new ProcessClock(world);
  }

  get actor(): Actor {
    return { name: this.name, authenticated: 'asserted' };
  }

  /** What every request to the product says. */
  get request(): { ledger: ProcessLedger; clock: ProcessClock; actor: Actor } {
    return { ledger: this.ledger, clock: this.clock, actor: this.actor };
  }

  /** What a sync needs beside. Some have no patience, others wait: never for real time. */
  get driving(): SyncRequest {
    return {
      ...this.request,
      driverFor: ({ shard }) => processDriver(this.world, { process: this.name, life: this.#life, shard }),
      reads: 'hosts',
      holdRole: (role) => this.world.holdRole(role, this.name),
      timeoutMs: this.world.random.pick(timeoutsMs),
    };
  }

  /** The estate up to now: from memory, also where a fault has left it behind; from what was kept on disk; or from the first entry. */
  async estate(): Promise<Projected<Estate>> {
    this.#memory ??= this.#fromDisk() ?? unfolded(keptEstate);
    return this.#memory.catchUp(this.ledger);
  }

  /** Keeps the estate in memory for the next time, and now and then on disk. */
  remember(estate: Projected<Estate>): void {
    this.#memory = estate;
    if (!this.world.random.chance(0.3)) return;
    const { cursor, recordedAt } = estate;
    this.world.kept = JSON.stringify({
      state: keptEstate.save(estate.state, recordedAt),
      cursor,
      recordedAt,
    });
  }

  /** Ends: all that was in memory is gone. */
  end(): void {
    this.#memory = undefined;
    this.#life.begin();
  }

  /** Ends, if one of its calls was its last. */
  endIfCrashed(): void {
    if (this.#life.isOver) this.end();
  }

  #fromDisk(): Projected<Estate> | undefined {
    const { kept, random, coverage } = this.world;
    if (kept === undefined || random.chance(0.3)) {
      coverage.note('start: folded from the first entry');
      return undefined;
    }
    coverage.note('start: from kept state');
    return loaded(kept);
  }
}

const keptState = z.strictObject({
  state: z.unknown(),
  cursor: z.strictObject({ size: z.int(), frontier: z.array(z.string()) }),
  recordedAt: z.string().optional(),
});

/** Kept state as it was written. */
function loaded(kept: string): Projected<Estate> {
  const { state: saved, cursor, recordedAt } = keptState.parse(JSON.parse(kept));
  const state = keptEstate.load(saved);
  return new Projected(keptEstate, { state, cursor, recordedAt });
}
