import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import type { Run, Shell } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { UsageError } from '../../runtime/errors.ts';
import { shippedFiles } from '../../runtime/shipped-files.ts';
import { firstFolder } from '../../tasks/first-folder.ts';
import type { Io } from '../io.ts';
import { say } from '../../words/shown.ts';
import { givenPath } from '../path-argument.ts';

/** Where the walk keeps its ledger: apart from a ledger of the user's own, and new at every walk. */
const ledgerPath = './.isoledger/walk.db';
const ledgerUrl = `sqlite:${ledgerPath}`;
/** Where it puts the example estate that comes with the program, away from the sources: new at every walk. */
const ownFolder = './.isoledger/walk';

const exampleEstate = 'infra/examples';
const exampleChange = 'infra/changes/globex-opens-reporting';

/** Stands for the last entry before the stage that came before. */
const beforeLastStage = 'BEFORE';

/** The stages, each a command line that anyone could type. */
function stages(estate: string, change: string): { words: string; argv: string[] }[] {
  return [
    {
      words: 'Documents become events: the folder is judged as a whole and recorded as one batch.',
      argv: ['apply', estate, '--reason', 'the example estate'],
    },
    {
      words: 'The events say where the overlay should be; the applier drives every host there.',
      argv: ['sync'],
    },
    { words: 'How far everything has come, and which consents only one side has given.', argv: ['status'] },
    {
      words: 'A second opinion: the verifier replays the events and proves isolation, packet by packet.',
      argv: ['verify'],
    },
    {
      words: 'A tenant changes its policy. What would that change? Nothing is recorded yet.',
      argv: ['plan', change],
    },
    { words: 'The change is recorded.', argv: ['apply', change, '--reason', 'reporting asked for it'] },
    {
      words: 'Until the hosts know, the new connection is missing, and still nothing else gets through.',
      argv: ['verify'],
    },
    { words: 'The hosts are driven there.', argv: ['sync'] },
    { words: 'And isolation is proven again, with the new connection in place.', argv: ['verify'] },
    {
      words: 'Why may acme-corp reach the database of globex? The documents, the events, and who.',
      argv: ['explain', 'acme-corp/web', 'globex/database', 'tcp/5432'],
    },
    {
      words: 'An incident: one command cuts a tenant off from everyone, above every grant.',
      argv: ['quarantine', 'acme-corp', '--reason', 'incident 4711'],
    },
    {
      words: 'What that came to, in connections.',
      argv: ['diff', beforeLastStage, 'now', '--lane', 'applied'],
    },
    { words: 'It is over.', argv: ['release', 'acme-corp', '--reason', 'incident 4711 is closed'] },
    { words: 'Proven all the way through, the incident included.', argv: ['verify', '--from', 'seq:0'] },
    { words: 'All of it stands in the ledger, under one hash.', argv: ['checkpoint'] },
  ];
}

/** The main job on an example estate, stage by stage. */
export function walkCommand({ shell, run }: { shell: Shell; run: Run }): Command {
  return new Command('walk')
    .description('the whole walk on a ledger of its own: apply, sync, verify, change, and verify again')
    .argument('[estate]', 'folder of documents', givenPath, exampleEstate)
    .argument('[change]', 'folder of documents to change it with', givenPath, exampleChange)
    .addHelpText('after', '\nExample:\n  isoledger walk infra/examples infra/changes/globex-opens-reporting')
    .action(async (givenEstate: string, givenChange: string) => {
      rmSync(ownFolder, { recursive: true, force: true });
      const [estate, change] = [shippedOr(givenEstate), shippedOr(givenChange)];
      for (const folder of [estate, change]) {
        if (!existsSync(folder))
          throw new UsageError(`there is no folder ${folder}: name one with documents`);
      }
      shell.exitCode = await walk({ io: shell.io, run, estate, change });
    });
}

/** A folder as it was given; an example that is not here is written from what comes with the program. */
function shippedOr(folder: string): string {
  if (existsSync(folder) || (folder !== exampleEstate && folder !== exampleChange)) return folder;
  const dir = join(ownFolder, folder);
  firstFolder({ dir, from: shippedFiles(folder) });
  return dir;
}

async function walk(of: { io: Io; run: Run; estate: string; change: string }): Promise<ExitCode> {
  const { io, run } = of;
  for (const ending of ['', '-wal', '-shm', '.d'])
    rmSync(`${ledgerPath}${ending}`, { recursive: true, force: true });
  let [before, now] = [-1, -1];
  for (const [index, stage] of stages(of.estate, of.change).entries()) {
    const { words } = stage;
    const argv = stage.argv.map((word) => (word === beforeLastStage ? `seq:${String(before)}` : word));
    io.out(say`\n── ${String(index + 1)} ── ${words}\n$ isoledger ${shown(argv)}\n`);
    const code = await run(['--ledger', ledgerUrl, ...argv], io);
    if (code !== exitCode.ok) {
      io.err(say`the walk stops here: isoledger ${shown(argv)} ended with ${String(code)}\n`);
      return code;
    }
    [before, now] = [now, await lastSeq(run)];
  }
  io.out(next);
  return exitCode.ok;
}

const checkpoint = z.object({ size: z.int() });

/** The last entry of the walk's ledger; -1 before the first. */
async function lastSeq(run: Run): Promise<number> {
  let text = '';
  const silent = (): void => undefined;
  await run(['--ledger', ledgerUrl, 'checkpoint', '--json'], {
    ...{ out: silent, err: silent, progress: silent },
    data: (json) => void (text += json),
    errIsTerminal: false,
  });
  return checkpoint.parse(JSON.parse(text)).size - 1;
}

function shown(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w./:-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

const next = say`
The ledger of this walk is ${ledgerUrl}. Some things to try on it:

  export ISOLEDGER_LEDGER=${ledgerUrl}
  npx isoledger connections --from acme-corp
  npx isoledger verify --tenant acme-corp --peer globex --json
  npx isoledger log --tenant globex
  npx isoledger tail --format cloudevents | head -3
`;
