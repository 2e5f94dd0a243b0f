import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { KnownReadings, ReadDocument } from '../../../src/policy/read-documents.ts';
import { readFolder } from '../../../src/policy/read-folder.ts';
import { embeddedOnly } from '../../support/installation.ts';
import { inFolder } from './folders.ts';

const tenant = (name: string): string => `kind: Tenant\ntenant: ${name}\nsegments: [web]\n`;

/** What says of every file that it declares another tenant than it does. */
const another: KnownReadings = () => [
  {
    document: {
      kind: 'Tenant',
      value: {
        ...{ tenant: 'other', classification: 'internal', isolation: 'logical', intraTenant: 'allow' },
        ...{ segments: ['web'], services: [] },
      },
    },
    meansTcp: false,
  },
];

test('given a file whose content is known, then it is not read, and places are those of the bytes that were there', async () => {
  await inFolder({ 'a.yaml': `\n${tenant('acme')}` }, async (path) => {
    const { documents, readings } = await readFolder(path, embeddedOnly, another);
    expect(documents.map(({ document }) => document)).toEqual(another('')?.map(({ document }) => document));
    expect(readings).toMatchObject([{ length: tenant('acme').length + 1 }]);

    writeFileSync(join(path, 'a.yaml'), '{');
    expect(documents[0]?.locate(['segments', 'web'])).toEqual({
      file: 'a.yaml',
      line: 4,
      keyPath: 'segments[0]',
    });
  });
});

test('given a content that is known as one of more documents, then a place in it is not made up', async () => {
  await inFolder({ 'a.yaml': tenant('acme') }, async (path) => {
    const more: KnownReadings = (digest) => [...(another(digest) ?? []), ...endpointsOf('acme')];
    const { documents } = await readFolder(path, embeddedOnly, more);
    expect(documents).toHaveLength(2);
    expect(() => documents.map((sourced) => sourced.locate([]))).toThrow('a.yaml is not what it says');
  });
});

function endpointsOf(name: string): ReadDocument[] {
  return [{ document: { kind: 'Endpoints', value: { tenant: name, endpoints: [] } }, meansTcp: false }];
}
