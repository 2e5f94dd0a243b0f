import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
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
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'knip.json'],
  ...[
    'eslint.config.js',
    'vitest.config.ts',
    '.dependency-cruiser.js',
    '.gitignore',
    '.prettierignore',
    '.prettierrc.json',
  ],
];

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

it('runs on the version of Node.js that the project pins', () => {
  const manifest = textOf('package.json');
  const pinned = /"node": "(\d+)\./.exec(manifest)?.[1];
  expect(process.versions.node.split('.')[0]).toBe(pinned);
});
