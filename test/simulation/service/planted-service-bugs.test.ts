import { describe, expect, it } from 'vitest';
import { SimulationFailure } from '../failures.ts';
import { plantedInService, withBug } from './planted-service-parts.ts';
import { simulateService } from './simulate-service.ts';

/** Enough worlds for a bug to show, whatever the seed. */
const stepsMax = 3_000;
const seed = Number(process.env['ISOLEDGER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
console.info(`planted bugs in the service: ISOLEDGER_TEST_SEED=${String(seed)}`);

async function failureOf(options: Parameters<typeof simulateService>[0]): Promise<SimulationFailure> {
  try {
    await simulateService(options);
  } catch (fault) {
    if (fault instanceof SimulationFailure) return fault;
    throw fault;
  }
  throw new Error(`seed ${String(options.seed)}: nothing was found`);
}

describe('the simulation of the service finds', () => {
  it.each(plantedInService)('$bug', async ({ parts, found }) => {
    const failure = await failureOf({ seed, steps: stepsMax, parts: withBug(parts()) });
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
