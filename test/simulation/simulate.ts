import { applying } from './deeds/apply.ts';
import { firstEstate } from './changes/choose.ts';
import { Coverage } from './coverage.ts';
import { requireEngineAsWhole } from './engine-check.ts';
import { requireEngineGoesOn } from './engine-goes-on.ts';
import { Broken, SimulationFailure } from './failures.ts';
import { soundParts, type Parts } from './settings.ts';
import { settle } from './settle.ts';
import { Crowd } from './step.ts';
import { World } from './world.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** How many steps altogether. */
  readonly steps: number;
  /** Of each world anew: no world knows of another one. */
  readonly parts?: () => Parts;
}

/** What was lived through: how often what happened, and the root of each world's ledger at its end. */
export interface Lived {
  readonly coverage: Coverage;
  readonly roots: readonly string[];
}

/** After so many steps a world has had its time: the next begins with a seed one higher, and an empty ledger. */
const stepsPerWorld = 150;
/** How many steps apart everything is let come to rest. */
const stepsBetweenRests = 25;

/** Lives through worlds until the steps are done. Throws SimulationFailure for the first thing that is not as it must be. */
export async function simulate({ seed, steps, parts = () => soundParts }: SimulationOptions): Promise<Lived> {
  const coverage = new Coverage();
  const roots: string[] = [];
  for (let done = 0, next = seed; done < steps; done += stepsPerWorld, next = (next + 1) >>> 0) {
    const options = { seed: next, steps: Math.min(stepsPerWorld, steps - done), parts };
    roots.push(await liveThrough(options, coverage));
  }
  return { coverage, roots };
}

async function liveThrough(
  { seed, steps, parts }: Required<SimulationOptions>,
  coverage: Coverage,
): Promise<string> {
  const world = new World({ seed, parts: parts(), coverage });
  const crowd = new Crowd(world);
  let step = 0;
  try {
    const begun = await crowd.alone(applying(firstEstate(world)));
    if (begun !== 'recorded') throw new Broken(`the first estate: ${begun}`);
    for (step = 1; step <= steps; step += 1) {
      world.say(`--- step ${String(step)}, ${world.clock.now()}`);
      await crowd.step();
      coverage.note('steps');
      if (step % stepsBetweenRests === 0 || step === steps) await settle(world, crowd);
    }
    await requireEngineAsWhole(world);
    await requireEngineGoesOn(world);
    return (await world.ledger.head()).root;
  } catch (fault) {
    throw new SimulationFailure({ seed, step, trace: world.trace }, fault);
  }
}
