import { describe, expect, it } from 'vitest';
import { SimulationFailure } from '../failures.ts';
import { plantedInService, withBug } from './planted-service-parts.ts';
import { simulateService } from './simulate-service.ts';

/** Enough for a bug in the world in which it is known to show: as long as until everything first comes to rest. */
const stepsKnown = 20;
/** Enough worlds for a bug to show, whatever the seed: for when what is done in a world has changed, and it shows there no more. */
const stepsMax = 3_000;
const seed = Number(process.env['ISOLEDGER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
console.info(`planted bugs in the service: ISOLEDGER_TEST_SEED=${String(seed)}`);

/** The failure that the simulation finds, undefined if it finds none. */
async function failureIn(
  options: Parameters<typeof simulateService>[0],
): Promise<SimulationFailure | undefined> {
  try {
    await simulateService(options);
    return undefined;
  } catch (fault) {
    if (fault instanceof SimulationFailure) return fault;
    throw fault;
  }
}

async function failureOf({
  shows,
  parts,
}: Pick<(typeof plantedInService)[number], 'shows' | 'parts'>): Promise<SimulationFailure> {
  const known = await failureIn({ seed: shows, steps: stepsKnown, parts: withBug(parts()) });
  if (known !== undefined) return known;
  console.info(`it shows no longer with the seed ${String(shows)}: another one would save time`);
  const failure = await failureIn({ seed, steps: stepsMax, parts: withBug(parts()) });
  if (failure === undefined) throw new Error(`seed ${String(seed)}: nothing was found`);
  return failure;
}

describe('the simulation of the service finds', () => {
  it.each(plantedInService)('$bug', async ({ found, ...planted }) => {
    const failure = await failureOf(planted);
    expect(failure.problem, failure.message).toMatch(found);
  });
});

it('lives through the same worlds for the same seed, to the byte', async () => {
  const [one, other] = [
    await simulateService({ seed, steps: 25 }),
    await simulateService({ seed, steps: 25 }),
  ];
  expect(other.roots).toEqual(one.roots);
  expect(other.coverage.table()).toBe(one.coverage.table());
});
