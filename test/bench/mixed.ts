import { join } from 'node:path';
import type { Document } from '../../events/documents.ts';
import { generateEstate } from './estate.ts';
import { perSecond } from './harness/measure.ts';
import { memoryNow, type Memory } from './harness/memory.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { editsThatReachHosts } from './running/changes.ts';
import { documentsIn, Running } from './running/running.ts';

const tenants = 1000;
const hosts = 16;
const changes = 1000;
const quarters = 4;
const perQuarter = changes / quarters;

/** What a quarter of the changes came to. */
interface Quarter extends Memory {
  readonly changesPerSecond: number;
}

/**
 * Policies of an estate that change one after the other in a process that runs on, each driven to the hosts of every
 * shard before the next: whether that slows down, or takes more and more memory.
 */
export async function mixedBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    const estate = generateEstate({
      ...{ seed: 7, tenants, rulesPerTenant: 10, tenantsPerRealm: 50 },
      ...{ shards: 1, hostsPerShard: hosts },
    });
    const running = await Running.on(join(folder, 'mixed.db'));
    await running.apply({ documents: await documentsIn(folder, estate) });
    await running.sync();
    const done: Quarter[] = [];
    for (const documents of editsIn(running)) done.push(await driven(running, documents));
    await running.close();
    const [first, last] = [done[0], done.at(-1)];
    if (first === undefined || last === undefined) throw new RangeError('no quarter was driven');
    return rowsOf(first, last);
  });
}

/** For each quarter: other policies lose a rule, one after the other, and get it back in the same order. */
function editsIn(running: Running): readonly (readonly Document[])[] {
  const edits = editsThatReachHosts(running, changes / 2);
  return Array.from({ length: quarters }, (_, quarter) => {
    const own = edits.slice((quarter * perQuarter) / 2, ((quarter + 1) * perQuarter) / 2);
    return [...own.map(({ edited }) => edited), ...own.map(({ before }) => before)];
  });
}

async function driven(running: Running, documents: readonly Document[]): Promise<Quarter> {
  const changesPerSecond = await perSecond(documents.length, async () => {
    for (const document of documents) {
      await running.apply({ documents: [document] });
      await running.sync({ reads: 'marks' });
    }
  });
  return { changesPerSecond, ...memoryNow() };
}

function rowsOf(first: Quarter, last: Quarter): readonly Row[] {
  const of = `${changes.toLocaleString('en')} policy changes on ${tenants.toLocaleString('en')} tenants, ${hosts} hosts`;
  const row = (
    what: string,
    {
      figure,
      unit,
      target,
    }: { figure: keyof Quarter; unit: string } & Pick<Parameters<typeof rowOf>[0], 'target'>,
  ): Row =>
    rowOf({
      case: `${of}: ${what}`,
      ...{ value: last[figure], unit },
      floor: { is: 'the first quarter', value: first[figure] },
      ...(target === undefined ? {} : { target }),
    });
  return [
    row('changes a second in the last quarter', {
      ...{ figure: 'changesPerSecond', unit: 'changes/s' },
      target: { of: 'ratio', atLeast: 0.9 },
    }),
    row('objects in memory after it', {
      ...{ figure: 'heap', unit: 'MiB' },
      target: { of: 'ratio', atMost: 1.1 },
    }),
    row('resident memory after it', { figure: 'rss', unit: 'MiB', target: { of: 'ratio', atMost: 1.1 } }),
  ];
}
