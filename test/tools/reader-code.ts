import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { z } from 'zod';

const root = new URL('../../', import.meta.url);
const lockFile = z.looseObject({ packages: z.record(z.string(), z.looseObject({ version: z.string() })) });
const imported = /^(?:import|export)\s(?!type\b)[^;]*?\bfrom '([^']+)';/gms;

/** The file that reads documents, from which everything is reached that decides what a file of documents says. */
const readerPath = 'src/policy/read-documents.ts';

/** The code that reads documents: its files by their paths, and the packages that it uses by their names. */
export function readerCode(): { readonly files: readonly string[]; readonly packages: readonly string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const reach = (path: string): void => {
    if (files.has(path)) return;
    files.add(path);
    for (const [, from = ''] of textOf(path).matchAll(imported)) {
      if (from.startsWith('.')) reach(new URL(from, new URL(path, root)).href.slice(root.href.length));
      else if (!builtinModules.includes(from.replace('node:', ''))) packages.add(from);
    }
  };
  reach(readerPath);
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** The text of src/policy/reader-digest.ts: it changes with every file and every package that reads documents. */
export function renderReaderDigest(): string {
  const { files, packages } = readerCode();
  const { packages: locked } = lockFile.parse(JSON.parse(textOf('package-lock.json')));
  const versions = packages.map((name) => `${name}@${locked[`node_modules/${name}`]?.version ?? ''}`);
  const texts = files.map((path) => `${path}\n${textOf(path)}`);
  const digest = hash('sha256', JSON.stringify([versions, texts]));
  return `/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */\nexport const readerDigest = '${digest}';\n`;
}

function textOf(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}
