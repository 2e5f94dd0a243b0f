import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { WrittenDocument } from './documents.ts';
import type { Estate } from './estate.ts';

/** Half of what a document file may hold. */
const fileCharactersMax = 2 ** 19;

/**
 * Writes an estate's documents as YAML files into a folder, made if need be, and returns the files' names. `files` is how many at
 * least; there are more where one would become too large. Files of the same names are replaced, others left.
 */
export function writeEstate(
  folder: string,
  { documents }: Pick<Estate, 'documents'>,
  { files = 1 }: { files?: number } = {},
): string[] {
  mkdirSync(folder, { recursive: true });
  return inFiles(documents, files).map((text, index) => {
    const name = `estate-${String(index + 1).padStart(4, '0')}.yaml`;
    writeFileSync(join(folder, name), text);
    return name;
  });
}

function inFiles(documents: readonly WrittenDocument[], files: number): string[] {
  const documentsMax = Math.ceil(documents.length / files);
  const texts: string[] = [];
  let parts: string[] = [];
  let characters = 0;
  for (const document of documents) {
    const part = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' });
    if (parts.length >= documentsMax || (parts.length > 0 && characters + part.length > fileCharactersMax)) {
      texts.push(parts.join('---\n'));
      parts = [];
      characters = 0;
    }
    parts.push(part);
    characters += part.length;
  }
  return parts.length === 0 ? texts : [...texts, parts.join('---\n')];
}
