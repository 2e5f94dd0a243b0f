import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readerVersion } from '../../../src/policy/reader-version.ts';
import { embeddedOnly } from '../../support/installation.ts';
import { readerCode, renderReaderDigest } from '../../tools/reader-code.ts';

test('the digest of the reader is of its code as it stands: after a change of it, npm run generate writes the digest', () => {
  const path = new URL('../../../src/policy/reader-digest.ts', import.meta.url);
  expect(readFileSync(path, 'utf8'), 'give npm run generate').toBe(renderReaderDigest());
});

test('the code of the reader is all that decides what a file says', () => {
  const { files, packages } = readerCode();
  expect(packages).toEqual(['canonicalize', 'ipaddr.js', 'leven', 'luxon', 'yaml', 'zod']);
  expect(files).toEqual(
    expect.arrayContaining([
      ...['events/names.ts', 'src/policy/read-documents.ts', 'src/policy/yaml/yaml-walk.ts'],
      ...['src/policy/time-bound.ts', 'src/policy/limits.ts', 'src/policy/shard-document.ts'],
    ]),
  );
});

test('the version of the reader is another where other drivers are known, in whichever order', () => {
  const two = readerVersion({ drivers: ['embedded', 'ovs'] });
  expect(two).not.toBe(readerVersion(embeddedOnly));
  expect(two).toBe(readerVersion({ drivers: ['ovs', 'embedded'] }));
});
