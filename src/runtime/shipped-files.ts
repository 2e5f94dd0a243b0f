import { readdirSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { getAsset, getAssetKeys, isSea } from 'node:sea';

/**
 * The YAML files of a folder that comes with the program, by their path below it, sorted: from the sources or the package
 * that it runs from, or from within the executable.
 */
export function shippedFiles(folder: string): ReadonlyMap<string, string> {
  const files = isSea() ? filesInside(folder) : filesBelow(join(root(), folder));
  return new Map(files.sort(([one], [other]) => (one < other ? -1 : 1)));
}

type NamedText = [path: string, text: string];

function filesInside(folder: string): NamedText[] {
  return getAssetKeys()
    .filter((key) => key.startsWith(`${folder}/`))
    .map((key) => [key.slice(folder.length + 1), getAsset(key, 'utf8')]);
}

function filesBelow(folder: string): NamedText[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => [file.replaceAll('\\', '/'), readFileSync(join(folder, file), 'utf8')]);
}

function root(): string {
  const manifest = findPackageJSON('..', import.meta.url);
  return manifest === undefined ? '.' : dirname(manifest);
}
