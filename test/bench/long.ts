import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buildExecutable } from '../../infra/package/executable.ts';
import { open } from '../../src/compose/workspace.ts';
import { createLog } from '../../src/runtime/log.ts';
import { checkpoint } from '../../src/tasks/checkpoint.ts';
import { confirmSeen, loadEstate, type Workspace } from '../../src/tasks/workspace.ts';
import { Program } from './commands/program.ts';
import { generateEstate } from './estate.ts';
import { ofKind } from './estate/documents.ts';
import type { Estate } from './estate/estate.ts';
import { writeEstate } from './estate/write.ts';
import { medians, perSecond, secondsOf } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { lengthen } from './running/history.ts';
import { documentsIn, Running } from './running/running.ts';

const entries = 1_000_000;
const few = { rounds: 3, warmUps: 1 };
const of = `${entries.toLocaleString('en')} entries`;

/**
 * A ledger with a long history: what every command that goes on from kept state does before its own work, and hashing the
 * ledger from the first entry on.
 */
export async function longBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    const path = join(folder, 'long.db');
    const estate = generateEstate({ seed: 7, tenants: 200, rulesPerTenant: 4, shards: 1, hostsPerShard: 2 });
    await writeHistory(path, { folder, estate });
    return [
      ...(await opening(path)),
      ...(await wholeCommands(folder, { ledger: path, estate })),
      ...(await confirming(path)),
    ];
  });
}

/** Its last entries are a sync's, whose state is kept. */
async function writeHistory(
  path: string,
  { folder, estate }: { folder: string; estate: Estate },
): Promise<void> {
  const running = await Running.on(path);
  await running.apply({ documents: await documentsIn(folder, estate) });
  const policies = [...running.estate.intended.policies.values()].filter(({ egress }) => egress.length > 1);
  await lengthen(running.ledger, { policies, entries, batch: 1000 });
  await running.sync();
  await running.close();
}

async function opening(path: string): Promise<readonly Row[]> {
  const open = (): Promise<void> =>
    asked(path, async (workspace) => {
      await confirmSeen(workspace, { whole: false });
      await loadEstate(workspace);
    });
  const figures = await medians({ opening: () => secondsOf(open) });
  return [
    rowOf({
      case: `opening a ledger of ${of} from kept state`,
      ...{ value: figures.of('opening'), unit: 's' },
      target: { of: 'value', atMost: 1 },
    }),
  ];
}

async function wholeCommands(
  folder: string,
  { ledger, estate }: { ledger: string; estate: Estate },
): Promise<readonly Row[]> {
  const file = join(folder, 'isoledger');
  await buildExecutable(file);
  const documents = join(folder, 'one-policy');
  mkdirSync(documents);
  writeEstate(documents, { documents: ofKind(estate.documents, 'Policy').slice(0, 1) });
  const program = new Program({ file, folder });
  const seconds = (argv: readonly string[]) => async (): Promise<number> =>
    (await program.run(argv, { ledger, exits: [0, 1, 7] })).seconds;
  const plan = await medians({ plan: seconds(['plan', documents]) }, few);
  const unit = 's';
  return [
    rowOf({
      case: `plan of one policy on ${of} (executable)`,
      ...{ value: plan.of('plan'), unit },
      target: { of: 'value', atMost: 1 },
    }),
    rowOf({ case: `status of ${of} (executable; reads them)`, value: await seconds(['status'])(), unit }),
  ];
}

async function confirming(path: string): Promise<readonly Row[]> {
  const figures = await medians(
    {
      confirm: () =>
        perSecond(entries, () => asked(path, (workspace) => confirmSeen(workspace, { whole: true }))),
      floor: () =>
        perSecond(entries, () => {
          readAndHash(path);
        }),
    },
    { rounds: 3, warmUps: 0 },
  );
  const decoded = await perSecond(entries, () =>
    asked(path, ({ ledger, clock }) => checkpoint(ledger, { kind: 'now' }, clock)),
  );
  const floor = { is: 'reading the same bytes from SQLite, one SHA-256', value: figures.of('floor') };
  const unit = 'entries/s';
  return [
    rowOf({
      case: `confirming ${of} whole, as --full does`,
      ...{ value: figures.of('confirm'), unit, floor },
      target: { of: 'ratio', atLeast: 0.5 },
    }),
    rowOf({ case: `checkpoint of ${of}, which decodes them too`, value: decoded, unit, floor }),
  ];
}

/** Asks something of the ledger at a path, in a session of its own. */
async function asked(path: string, question: (workspace: Workspace) => Promise<unknown>): Promise<void> {
  const opened = await open(`sqlite:${path}`, { create: false, asksOnly: true });
  try {
    await question({ ...opened, log: createLog('warn') });
  } finally {
    await opened.ledger.close();
  }
}

function readAndHash(path: string): string {
  using database = new DatabaseSync(path, { readOnly: true });
  const sum = createHash('sha256');
  for (const { bytes } of database.prepare('SELECT bytes FROM entry ORDER BY seq').iterate())
    if (bytes instanceof Uint8Array) sum.update(bytes);
  return sum.digest('hex');
}
