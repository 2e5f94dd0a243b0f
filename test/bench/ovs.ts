import { medians, milliseconds, type Figures } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { Loading } from './ovs/loading.ts';
import { partRows } from './ovs/parts.ts';
import { OvsStage } from './ovs/stage.ts';
import { hostCount } from './ovs/switched-estate.ts';
import { PacketTurns } from './ovs/turns.ts';

/** Tenants of the estates; the first is what the last is held against. */
const sizes = [100, 1000] as const;
const loads = { rounds: 3, warmUps: 0 };
const readings = { rounds: 5, warmUps: 1 };
const changes = { rounds: 11, warmUps: 2 };

const whatChanges = {
  ruleIn: 'a rule put in, from apply to the first packet that it allows',
  ruleOut: 'a rule taken out, from apply to the last packet',
  quarantine: 'quarantine to the last packet of a running stream',
} as const;
const kinds = ['ruleIn', 'ruleOut', 'quarantine'] as const;

/** What a whole load is held against: flows alone, and all that a host has beside its meters. */
const loadFloors = [
  { what: 'flows', is: 'ovs-ofctl loading the same flows into bridges without ports' },
  { what: 'ports and flows', is: 'ovs-vsctl adding the same ports, then ovs-ofctl the same flows' },
] as const;

/**
 * What real switches cost: two hosts in network namespaces of this machine, for each size of estate. Needs root and the packages
 * of a lab, and says so where they are not there.
 */
export async function ovsBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    await using stack = new AsyncDisposableStack();
    const stages: OvsStage[] = [];
    for (const tenants of sizes) stages.push(stack.use(await OvsStage.of(folder, tenants)));
    const loaded = await loadRows(stages, folder);
    for (const { running } of stages) await running.sync();
    const read = await readRows(stages);
    return [...loaded, ...(await changeRows(stages)), ...read, ...(await partRows())];
  });
}

/** Everything from nothing, on hosts that nobody has driven yet, and what the driver keeps of it. */
async function loadRows(stages: readonly OvsStage[], folder: string): Promise<readonly Row[]> {
  const loadings: Loading[] = [];
  for (const stage of stages) loadings.push(await Loading.of(stage, folder));
  const figures = await medians(
    Object.fromEntries(
      loadings.flatMap((loading, nth) => [
        [`driver ${nth}`, () => loading.byDriver()] as const,
        [`flows ${nth}`, () => loading.byOfctl()] as const,
        [`ports and flows ${nth}`, () => loading.byTools()] as const,
      ]),
    ),
    loads,
  );
  for (const loading of loadings) await loading.end();
  const rows = loadings.flatMap(({ flows }, nth) =>
    loadFloors.map(({ what, is }) =>
      rowOf({
        case: `${sizeOf(stages[nth])} × 10 from nothing, ${flows.toLocaleString('en')} flows on ${hostCount} hosts`,
        ...{ value: figures.of(`driver ${nth}`), unit: 'ms' },
        floor: { is, value: figures.of(`${what} ${nth}`) },
        target: { of: 'ratio', atMost: 1.5 },
      }),
    ),
  );
  const heaps = loadings.map(({ heap, objects }, nth) =>
    rowOf({
      case: `heap of the driver, ${sizeOf(stages[nth])} × 10, ${objects.toLocaleString('en')} objects`,
      ...{ value: heap, unit: 'MiB' },
    }),
  );
  return [...rows, ...heaps];
}

async function readRows(stages: readonly OvsStage[]): Promise<readonly Row[]> {
  const figures = await medians(
    Object.fromEntries(stages.map((stage) => [sizeOf(stage), () => milliseconds(() => stage.readAll())])),
    readings,
  );
  return stages.map((stage) =>
    rowOf({
      case: `whole read-back and comparison of ${hostCount} hosts, ${sizeOf(stage)} × 10`,
      ...{ value: figures.of(sizeOf(stage)), unit: 'ms' },
      target: { of: 'value', atMost: 1000 },
    }),
  );
}

/** Changes while packets go, at each size by turns. */
async function changeRows(stages: readonly OvsStage[]): Promise<readonly Row[]> {
  using stack = new DisposableStack();
  const contenders: (readonly [string, () => Promise<number>])[] = [];
  for (const stage of stages) {
    const turns = stack.use(await PacketTurns.of(stage));
    for (const kind of kinds) contenders.push([`${kind} ${sizeOf(stage)}`, () => turns[kind]()]);
  }
  const figures = await medians(Object.fromEntries(contenders), changes);
  return kinds.flatMap((kind) => [
    ...stages.map((stage) =>
      rowOf({
        case: `${whatChanges[kind]}, ${sizeOf(stage)} tenants`,
        ...{ value: figures.of(`${kind} ${sizeOf(stage)}`), unit: 'ms' },
        target: { of: 'value', atMost: 100 },
      }),
    ),
    growthOf(kind, { stages, figures }),
  ]);
}

function growthOf(
  kind: (typeof kinds)[number],
  { stages, figures }: { stages: readonly OvsStage[]; figures: Figures },
): Row {
  const [smallest, largest] = [stages.at(0), stages.at(-1)].map(sizeOf);
  return rowOf({
    case: `${whatChanges[kind]}, ${String(largest)} tenants`,
    ...{ value: figures.of(`${kind} ${String(largest)}`), unit: 'ms' },
    floor: { is: `${String(smallest)} tenants`, value: figures.of(`${kind} ${String(smallest)}`) },
    target: { of: 'ratio', atMost: 1.5 },
  });
}

function sizeOf(stage: OvsStage | undefined): string {
  return (stage?.tenants ?? 0).toLocaleString('en');
}
