import { stringify } from 'yaml';
import type { Document } from '../../events/documents.ts';
import { parseDocument } from '../../src/policy/parse-document.ts';
import { readYaml } from '../../src/policy/yaml/read-yaml.ts';
import { embeddedOnly } from '../support/installation.ts';
import type { WrittenDocument } from '../bench/estate/documents.ts';

const known = new WeakMap<WrittenDocument, Document>();

/** Documents as the product reads them, without any file. Throws where one of them is faulty by itself. */
export function parsed(documents: readonly WrittenDocument[]): Document[] {
  return documents.map((document) => known.get(document) ?? parseOne(document));
}

function parseOne(written: WrittenDocument): Document {
  const text = stringify(written, { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  const { documents, problems } = readYaml('simulated.yaml', text);
  const [first] = documents.map((each) => parseDocument(each, embeddedOnly));
  const found = [...problems, ...(first?.problems ?? [])];
  if (first?.sourced === undefined || found.length > 0)
    throw new Error(`not a document: ${JSON.stringify(found)}\n${text}`);
  known.set(written, first.sourced.document);
  return first.sourced.document;
}
