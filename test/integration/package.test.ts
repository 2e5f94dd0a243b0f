import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { inTemporaryFolder } from '../support/documents.ts';

const root = new URL('../../', import.meta.url).pathname;
const manifest = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) });

it('runs from a package: packed, installed beside its dependencies, and without its sources', async () => {
  await inTemporaryFolder(async (folder) => {
    execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: root, stdio: 'pipe' });
    const [archive = ''] = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
    const installed = join(folder, 'node_modules', 'isoledger');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, archive), '-C', installed, '--strip-components=1']);
    const { version, dependencies } = manifest.parse(
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
    );
    for (const name of Object.keys(dependencies)) {
      const place = join(folder, 'node_modules', name);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), place);
    }
    const run = (...argv: string[]): string =>
      execFileSync(process.execPath, [join(installed, 'src/cli/isoledger.js'), ...argv], {
        cwd: folder,
        encoding: 'utf8',
      });
    expect(run('--version')).toBe(`${version}\n`);
    expect(run('apply', join(installed, 'infra/examples'))).toMatch(/recorded \d+ events/);
    expect(run('verify')).toMatch(/^proven/);
    await Promise.resolve();
  });
});
