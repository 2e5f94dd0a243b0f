import { expect, it } from 'vitest';
import type { Coverage } from '../coverage.ts';
import { moods } from './receiver.ts';
import { simulateService, stepsPerWorld } from './simulate-service.ts';
import { troubles } from './trouble.ts';

const seed = Number(process.env['ISOLEDGER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const asked = process.env['ISOLEDGER_TEST_STEPS'];
/** Some ten seconds of one core. */
const stepsOfTheGate = 240;

/** What fails in pairs: it was not done; and it was done, and reported failed. */
const pairs = [
  ...['ledger: append', 'broker: publish', 'leases: get', 'leases: put'],
  ...['hosts: change of a host', 'receivers: delivery', 'disk: note of a cursor'],
].flatMap((what) => [`mishap: ${what}: not-done`, `mishap: ${what}: done-but-reported-failed`]);

/** What has to have happened, so that it means something that nothing was found. */
const mustHappen = [
  ...pairs,
  ...troubles.map(({ name }) => `trouble: ${name}`),
  ...moods.map((mood) => `a receiver: ${mood}`),
  ...['append RoleTaken', 'append ChangePlanned', 'change of a host', 'publish', 'put', 'delivery'].map(
    (what) => `stands still before: ${what}`,
  ),
  ...['ended', 'stood still'].flatMap((how) => [
    `under way when it ${how}: sent`,
    `under way when it ${how}: kept`,
  ]),
  ...['cut off: ledger', 'cut off: leases', 'cut off: broker'],
  ...['a process: killed', 'a process: ended', 'met: a person has looked at a role that stopped'],
  ...['entry: ChangePlanned', 'entry: ChangeApplied', 'entry: RoleTaken'],
];

/** Now and then something rare did not happen in these worlds, and does in the next. */
const furtherWorldsMax = 16;

function stillMissing(what: readonly string[], coverage: Coverage): string[] {
  return what.filter((each) => coverage.of(each) === 0);
}

it(
  'holds whatever happens to several servers of a service, in whatever order',
  async () => {
    console.info(`simulation of the service: ISOLEDGER_TEST_SEED=${String(seed)}`);
    const began = performance.now();
    const steps = Number(asked ?? stepsOfTheGate);
    const { coverage } = await simulateService({ seed, steps });
    let missing = stillMissing(mustHappen, coverage);
    let next = seed + Math.ceil(steps / stepsPerWorld);
    for (const last = next + furtherWorldsMax; next < last; next += 1) {
      if (steps < stepsOfTheGate || missing.length === 0) break;
      const further = await simulateService({ seed: next >>> 0, steps: stepsPerWorld });
      missing = stillMissing(missing, further.coverage);
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (asked !== undefined) console.info(`${coverage.table()}\nseed ${String(seed)}: ${seconds} s`);
    expect(coverage.of('steps')).toBe(steps);
    if (steps >= stepsOfTheGate) expect(missing).toEqual([]);
  },
  24 * 3_600_000,
);
