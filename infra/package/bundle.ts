import { rmSync } from 'node:fs';
import { rolldown, type OutputOptions } from 'rolldown';

const root = new URL('../../', import.meta.url).pathname;

/**
 * Puts the program and all that it imports into JavaScript files, so that Node reads few files at a start and strips no
 * types. Several files leave a command with those that it needs; `whole` is one file, for the executable.
 */
export async function bundle({ to, whole = false }: { to: string; whole?: boolean }): Promise<void> {
  const build = await rolldown({
    input: { isoledger: whole ? `${root}infra/package/start.ts` : `${root}src/cli/main.ts` },
    platform: 'node',
    cwd: root,
    logLevel: 'warn',
  });
  const output: OutputOptions = {
    dir: to,
    format: 'esm',
    comments: { legal: true, annotation: false, jsdoc: false },
    entryFileNames: '[name].js',
    chunkFileNames: 'parts/[name]-[hash].js',
    ...(whole ? { codeSplitting: false } : {}),
  };
  await build.write(output);
  await build.close();
}

/** As a program: fills `dist/`, which the package holds. */
if (import.meta.main) {
  const dist = `${root}dist`;
  rmSync(dist, { recursive: true, force: true });
  await bundle({ to: dist });
}
