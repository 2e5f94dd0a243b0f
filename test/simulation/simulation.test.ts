import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const seed = Number(process.env['ISOLEDGER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const asked = process.env['ISOLEDGER_TEST_STEPS'];
/** Some twenty seconds of one core. */
const stepsOfTheGate = 500;

it(
  'holds whatever happens, in whatever order',
  async () => {
    console.info(`simulation: ISOLEDGER_TEST_SEED=${String(seed)}`);
    const began = performance.now();
    const { coverage } = await simulate({ seed, steps: Number(asked ?? stepsOfTheGate) });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (asked !== undefined) console.info(`${coverage.table()}\nseed ${String(seed)}: ${seconds} s`);
    expect(coverage.of('steps')).toBe(Number(asked ?? stepsOfTheGate));
  },
  24 * 3_600_000,
);
