import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../../', import.meta.url).pathname;

/**
 * Packs the program and unpacks it as npm would install it into a project, without any package that it names. Returns
 * the file that starts it.
 */
export function installInto(project: string): string {
  const packed = execFileSync('npm', ['pack', '--pack-destination', project], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const archive = join(project, packed.trim().split('\n').at(-1) ?? '');
  const installed = join(project, 'node_modules', 'isoledger');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', installed, '--strip-components=1']);
  return join(installed, 'src/cli/isoledger.js');
}
