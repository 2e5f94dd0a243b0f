import { join } from 'node:path';
import { generateEstate } from './estate.ts';
import { Floor, floorName } from './drive/floor.ts';
import { editIn, quarantineOf, reversed, Turns, type Change } from './drive/turns.ts';
import { medians } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { moreEndpoints, richPolicies, spread, withoutOneRule } from './running/changes.ts';
import { documentsIn, Running } from './running/running.ts';

/** Tenants of the estates; the first is what the last is held against. */
const sizes = [100, 1000, 10_000] as const;
const hosts = 8;
const changesEach = 10;
const turns = { rounds: 20, warmUps: 4 };

const kinds = [
  'quarantine of one tenant, marks read',
  'one rule taken out or put in (apply, sync), marks read',
  'one endpoint added (apply, sync), marks read',
] as const;

/**
 * What a change costs in a process that runs on, from the call until every host's acknowledgement is in the ledger: hosts
 * are files, the ledger is one, and both are flushed. Hosts are asked for their marks, and not read whole.
 */
export async function driveBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    const stages: Stage[] = [];
    for (const tenants of sizes) stages.push(await stageOf(folder, tenants));
    using floor = new Floor(folder, { hosts });
    const contenders = stages.flatMap(({ tenants, turnsOf }) =>
      kinds.flatMap((kind) => [
        [`${kind} ${tenants}`, () => turnsOf[kind].next()] as const,
        [`floor of ${kind} ${tenants}`, () => floor.write(turnsOf[kind].bytes)] as const,
      ]),
    );
    const figures = await medians(Object.fromEntries(contenders), turns);
    for (const { running } of stages) await running.close();
    return kinds.flatMap((kind) => [
      ...sizes.map((tenants) =>
        rowOf({
          case: `${kind}, ${tenants.toLocaleString('en')} tenants`,
          ...{ value: figures.of(`${kind} ${tenants}`), unit: 'ms' },
          floor: { is: floorName, value: figures.of(`floor of ${kind} ${tenants}`) },
          target: { of: 'value', atMost: 30 },
        }),
      ),
      growthOf(kind, (tenants) => figures.of(`${kind} ${tenants}`)),
    ]);
  });
}

function growthOf(kind: string, at: (tenants: number) => number): Row {
  const [smallest, , largest] = sizes;
  return rowOf({
    case: `${kind}, ${largest.toLocaleString('en')} tenants`,
    ...{ value: at(largest), unit: 'ms' },
    floor: { is: `${smallest} tenants`, value: at(smallest) },
    target: { of: 'ratio', atMost: 1.5 },
  });
}

/** An estate in a running process, its hosts up to date, and what can be changed in it. */
interface Stage {
  readonly tenants: number;
  readonly running: Running;
  readonly turnsOf: Readonly<Record<(typeof kinds)[number], Turns>>;
}

async function stageOf(folder: string, tenants: number): Promise<Stage> {
  const estate = generateEstate({
    ...{ seed: 7, tenants, rulesPerTenant: 10, tenantsPerRealm: 50 },
    ...{ shards: 1, hostsPerShard: hosts },
  });
  const path = join(folder, `drive-${tenants}.db`);
  const running = await Running.on(path);
  await running.apply({ documents: await documentsIn(folder, estate) });
  await running.sync();
  const policies = spread(richPolicies(running.estate), 5 * changesEach);
  const rules = policies.map((policy, index): Change => {
    const change = editIn(running, withoutOneRule(policy));
    return index % 2 === 0 ? change : reversed(change);
  });
  const endpoints = moreEndpoints(running.estate, { firstPort: estate.portsIssued + 1 });
  const turnsWith = (candidates: readonly Change[]): Promise<Turns> =>
    Turns.of(running, candidates, { hosts, most: changesEach, overlay: join(`${path}.d`, 'overlay') });
  const turnsOf = {
    [kinds[0]]: await turnsWith(policies.map(({ tenant }) => quarantineOf(running, tenant))),
    [kinds[1]]: await turnsWith(rules),
    [kinds[2]]: await turnsWith(spread(endpoints, 5 * changesEach).map((edit) => editIn(running, edit))),
  };
  return { tenants, running, turnsOf };
}
