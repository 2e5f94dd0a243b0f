import { describe, expect, it } from 'vitest';
import { SimulationFailure } from './failures.ts';
import { planted } from './planted-parts.ts';
import type { Parts } from './settings.ts';
import { simulate } from './simulate.ts';

/** Enough worlds for a bug to show, whatever the seed: each shows within some hundred steps, as a rule. */
const stepsMax = 6000;
const seed = Number(process.env['ISOLEDGER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
console.info(`planted bugs: ISOLEDGER_TEST_SEED=${String(seed)}`);

async function failureOf(options: Parameters<typeof simulate>[0]): Promise<SimulationFailure> {
  try {
    await simulate(options);
  } catch (fault) {
    if (fault instanceof SimulationFailure) return fault;
    throw fault;
  }
  throw new Error(`seed ${String(options.seed)}: nothing was found`);
}

describe('the simulation finds', () => {
  it.each(planted)('$bug', async ({ parts, found }) => {
    let bites = 0;
    const newParts = (): Parts => {
      bites = 0;
      return parts(() => (bites += 1));
    };
    const failure = await failureOf({ seed, steps: stepsMax, parts: newParts });
    expect(failure.problem, failure.message).toMatch(found);
    // What is found in a world in which all was as it should be is not what the bug leads to.
    expect(bites, failure.message).toBeGreaterThan(0);
  });

  it('the same again with the seed and the number of steps that a failure names', async () => {
    const [first] = planted;
    if (first === undefined) throw new Error('nothing is planted');
    const parts = (): Parts => first.parts(() => undefined);
    const failure = await failureOf({ seed, steps: stepsMax, parts });
    const again = await failureOf({ seed: failure.seed, steps: failure.step, parts });
    expect(withoutPlaces(again.message)).toBe(withoutPlaces(failure.message));
  });
});

it('lives through the same worlds for the same seed, to the byte', async () => {
  const [one, other] = [await simulate({ seed, steps: 60 }), await simulate({ seed, steps: 60 })];
  expect(other.roots).toEqual(one.roots);
  expect(other.coverage.table()).toBe(one.coverage.table());
});

/** Without the lines of a stack, which may differ by where a fault was awaited. */
function withoutPlaces(message: string): string {
  return message.replaceAll(/\n {4}at .*/g, '');
}
