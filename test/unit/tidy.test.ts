import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n');
const code = tracked.filter((file) => /\.(ts|js)$/.test(file));
const product = code.filter((file) => /^(events|projections|src)\//.test(file));
const textOf = (file: string): string => readFileSync(new URL(file, root), 'utf8');

const roots = [
  ...['.ci', 'events', 'infra', 'projections', 'src', 'test'],
  ...['ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE', 'README.md'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'knip.json'],
  ...[
    'eslint.config.js',
    'vitest.config.ts',
    '.dependency-cruiser.js',
    '.gitignore',
    '.prettierignore',
    '.prettierrc.json',
  ],
];

/** The verifier has its own copy of these, since it shares no code; and each fold lists the events that it leaves alone. */
const sameMeaningTwice = ['Packet', 'PortSet', 'Traffic', 'TrafficRow', 'LeftAlone'];

describe('the house is tidy', () => {
  it('has at its top what belongs there, and nothing else', () => {
    expect(
      [...new Set(tracked.map((file) => file.split('/')[0]))].filter((name) => !roots.includes(name ?? '')),
    ).toEqual([]);
  });

  it.each(code)('%s has a name that reads as words', (file) => {
    expect(basename(file)).toMatch(/^\.?[a-z0-9]+(-[a-z0-9]+)*(\.(config|test|d))?\.(ts|js)$/);
  });

  it.each(product)('%s is at most 300 lines long', (file) => {
    expect(textOf(file).split('\n').length).toBeLessThanOrEqual(300);
  });

  it('has one meaning for each name of a type', () => {
    const files = new Map<string, string[]>();
    for (const file of product.filter((name) => name.endsWith('.ts'))) {
      const declared = /^(?:export )?(?:(?:abstract )?class|interface|type) (\w+)\b(?=[^;,]*[={])/gm;
      for (const [, name = ''] of textOf(file).matchAll(declared))
        files.set(name, [...(files.get(name) ?? []), file]);
    }
    const twice = [...files].filter(([name, at]) => at.length > 1 && !sameMeaningTwice.includes(name));
    expect(twice).toEqual([]);
  });

  it.each(product)('%s leaves nothing for later and silences nothing without a word', (file) => {
    const text = textOf(file);
    expect(text).not.toMatch(/\b(TODO|FIXME|XXX)\b/);
    expect(text).not.toMatch(/@ts-(ignore|expect-error|nocheck)/);
    // A rule that is switched off for a line has the reason on the line above.
    for (const [, above = ''] of text.matchAll(/(.*)\n.*eslint-disable/g))
      expect(above).toMatch(/^\s*(\/\/|\*)/);
    for (const [, reason = ''] of text.matchAll(/v8 ignore [^@]*(@preserve)?(.*)\*\//g))
      expect(reason.trim()).not.toBe('');
  });
});

/** The folders of adapters: below a port, but for what several adapters of one port share. */
const adapters = [
  ...new Set(
    product.flatMap((file) => /^src\/(ledger|overlay|roles|siem\/sinks)\/[^/]+(?=\/)/.exec(file)?.[0] ?? []),
  ),
].filter((folder) => folder !== 'src/ledger/merkle');

/** The files that a test file imports, and those that these import, as far as they lie in test/contract/. */
function importedBy(file: string, seen = new Set<string>()): Set<string> {
  for (const [, path = ''] of textOf(file).matchAll(/from '(\.[^']+)'/g)) {
    const imported = posix.join(posix.dirname(file), path);
    if (seen.has(imported)) continue;
    seen.add(imported);
    if (imported.startsWith('test/contract/')) importedBy(imported, seen);
  }
  return seen;
}

describe('an adapter', () => {
  const suites = tracked.filter((file) => /^test\/contract\/.*\.test\.ts$/.test(file));
  const underContract = new Set(suites.flatMap((file) => [...importedBy(file)]));

  it('is looked for where adapters are', () => {
    expect(adapters).toEqual(expect.arrayContaining(['src/ledger/sqlite', 'src/overlay/embedded']));
  });

  it.each(adapters)('%s says in its DESIGN.md what was decided', (folder) => {
    expect(tracked).toContain(`${folder}/DESIGN.md`);
  });

  it.each(adapters)('%s is under the contract suite of its port', (folder) => {
    expect([...underContract].filter((file) => file.startsWith(`${folder}/`))).not.toEqual([]);
  });
});

it('runs on the version of Node.js that the project pins', () => {
  const manifest = textOf('package.json');
  const pinned = /"node": "(\d+)\./.exec(manifest)?.[1];
  expect(process.versions.node.split('.')[0]).toBe(pinned);
});
