import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../infra/package/bundle.ts';
import { programVariable } from '../../infra/lab/product.ts';

const root = new URL('../../', import.meta.url).pathname;
let folder: string | undefined;

/** Once before a run of vitest: builds the program as a package holds it, which the processes that tests start then run. */
export async function setup(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'isoledger-program-'));
  // Some tests start it as another user.
  chmodSync(folder, 0o755);
  await bundle({ to: join(folder, 'dist') });
  mkdirSync(join(folder, 'src', 'cli'), { recursive: true });
  copyFileSync(join(root, 'src/cli/isoledger.js'), join(folder, 'src/cli/isoledger.js'));
  for (const shipped of ['infra', 'package.json']) symlinkSync(join(root, shipped), join(folder, shipped));
  process.env[programVariable] = join(folder, 'src/cli/isoledger.js');
  // Compiled code is kept by path, and this path never comes again: the account's cache would only grow. So it is kept here, for
  // all processes of this run: what starts from the sources starts in less than half of the time.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'code');
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
