import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Document } from '../../../events/documents.ts';
import type { Policy } from '../../../events/estate.ts';
import { readFolder, type Folder } from '../../../src/policy/read-folder.ts';
import { embeddedOnly } from '../../support/installation.ts';

/** The files of a folder by their relative paths. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Writes a folder, hands it over, and removes it again. */
export async function inFolder<Result>(
  files: Files,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  const path = await mkdtemp(join(tmpdir(), 'isoledger-policy-'));
  try {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await writeFile(join(path, file), content);
    }
    return await use(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

export function read(files: Files, installation = embeddedOnly): Promise<Folder> {
  return inFolder(files, (path) => readFolder(path, installation));
}

/** The documents of a text that has no fault. Throws with its problems if it has. */
export async function documentsOf(text: string, file = 'estate.yaml'): Promise<Document[]> {
  const { documents, problems } = await read({ [file]: text });
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
  return documents.map(({ document }) => document);
}

/** The one document of a text that has no fault. */
export async function documentOf(text: string): Promise<Document> {
  const [document, ...more] = await documentsOf(text);
  if (document === undefined || more.length > 0) throw new Error('not exactly one document');
  return document;
}

/** As documentOf, for a policy. */
export async function policyOf(text: string): Promise<Policy> {
  const document = await documentOf(text);
  if (document.kind !== 'Policy') throw new Error(`a ${document.kind}`);
  return document.value;
}

/** What one egress rule with these fields comes to, without its id. */
export async function ruleOf(fields: string): Promise<object | undefined> {
  const { egress } = await policyOf(`tenant: acme\negress: [{ destination: peer, ${fields} }]`);
  return egress.map((rule) => Object.fromEntries(Object.entries(rule).filter(([key]) => key !== 'id'))).at(0);
}
