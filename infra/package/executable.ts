import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { bundle } from './bundle.ts';

const root = new URL('../../', import.meta.url).pathname;

/** Folders whose files the program gives out; they are in the executable under these names. */
const shipped = ['infra/first', 'infra/examples', 'infra/changes'];

/**
 * Builds one executable file: the program with Node itself inside, for this machine's system and processor. Where
 * it runs it needs the libraries that Node needs, which the README names, and nothing else.
 */
export async function buildExecutable(to: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'isoledger-executable-'));
  try {
    await bundle({ to: folder, whole: true });
    const main = join(folder, 'isoledger.js');
    const config = join(folder, 'executable.json');
    mkdirSync(dirname(resolve(to)), { recursive: true });
    writeFileSync(config, JSON.stringify(configOf({ main, output: resolve(to) })));
    execFileSync(process.execPath, ['--build-sea', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configOf({ main, output }: { main: string; output: string }): object {
  const files = shipped.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`),
  );
  return {
    main,
    mainFormat: 'module',
    output,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: Object.fromEntries(files.map((file) => [file, join(root, file)])),
  };
}

/** As a program: writes the file that is named, or `executable/isoledger`, where building the package does not take it away. */
if (import.meta.main) await buildExecutable(process.argv[2] ?? join(root, 'executable/isoledger'));
