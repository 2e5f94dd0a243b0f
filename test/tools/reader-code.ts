import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { z } from 'zod';

const root = new URL('../../', import.meta.url);
const lockFile = z.looseObject({ packages: z.record(z.string(), z.looseObject({ version: z.string() })) });
const imported = /^(?:import|export)\s(?!type\b)[^;]*?\bfrom '([^']+)';/gms;

/** Code: its files by their paths, and the packages that it uses by their names. */
interface Code {
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

/** The code that reads documents: everything is reached from it that decides what a file of documents says. */
export function readerCode(): Code {
  return codeFrom(['src/policy/read-documents.ts']);
}

/** The code that judges isolation: everything is reached from it that decides what `verify` answers, and what its digest is. */
export function engineCode(): Code {
  return codeFrom([
    ...['src/verify/verify.ts', 'src/verify/verify-interval.ts', 'src/verify/as-known.ts'],
    'src/verify/answer-digest.ts',
  ]);
}

function codeFrom(paths: readonly string[]): Code {
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
  for (const path of paths) reach(path);
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** The text of src/policy/reader-digest.ts: it changes with every file and every package that reads documents. */
export function renderReaderDigest(): string {
  return rendered('readerDigest', { of: 'reads documents', digest: digestOfCode(readerCode()) });
}

/** The text of src/verify/engine-digest.ts: it changes with every file and every package that judges isolation. */
export function renderEngineDigest(): string {
  return rendered('engineDigest', { of: 'judges isolation', digest: digestOfCode(engineCode()) });
}

function rendered(name: string, { of, digest }: { of: string; digest: string }): string {
  return `/** Of the code that ${of}, and of the packages that it uses. Generated: npm run generate. */\nexport const ${name} = '${digest}';\n`;
}

function digestOfCode({ files, packages }: Code): string {
  const { packages: locked } = lockFile.parse(JSON.parse(textOf('package-lock.json')));
  const versions = packages.map((name) => `${name}@${locked[`node_modules/${name}`]?.version ?? ''}`);
  const texts = files.map((path) => `${path}\n${textOf(path)}`);
  return hash('sha256', JSON.stringify([versions, texts]));
}

function textOf(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}
