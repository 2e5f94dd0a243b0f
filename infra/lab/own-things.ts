import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LabConflict } from './faults.ts';
import type { Manifest } from './manifest.ts';
import { labsFolder, type LabPlace } from './plan.ts';
import { ip, namespacePath, type OnBehalf } from './run-program.ts';

/** Takes the lab's folder: only one `up` gets it. Throws LabConflict where it is there. */
export function takeFolder({ name, folder }: Pick<LabPlace, 'name' | 'folder'>): void {
  mkdirSync(labsFolder, { recursive: true, mode: 0o700 });
  const found = lstatSync(labsFolder, { throwIfNoEntry: false });
  if (found === undefined) {
    takeFolder({ name, folder });
    return;
  }
  const { uid, mode } = found;
  if (!found.isDirectory() || uid !== process.geteuid?.() || (mode & 0o022) !== 0)
    throw new LabConflict(`${labsFolder} is not a folder of this account alone: move it away`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Whoever took the last other lab down took the folder of all labs with it, just now.
    if (isCode(error, 'ENOENT')) {
      takeFolder({ name, folder });
      return;
    }
    if (!isCode(error, 'EEXIST')) throw error;
    throw new LabConflict(
      `a lab ${name} is up, or was begun: npm run lab -- status --name ${name}, or down --name ${name}`,
    );
  }
}

/** Throws LabConflict for a namespace that is there already. */
export function requireFree(namespaces: readonly string[]): void {
  for (const namespace of namespaces) {
    if (existsSync(namespacePath(namespace)))
      throw new LabConflict(
        `the namespace ${namespace} is there already, and is not of this lab: ip netns delete it, or choose another --name`,
      );
  }
}

/** Makes namespaces that nobody has yet. Throws LabConflict for one that is there. */
export async function makeNamespaces(
  of: OnBehalf,
  manifest: Manifest,
  namespaces: readonly string[],
): Promise<void> {
  requireFree(namespaces);
  manifest.write(...namespaces.map((namespace) => ({ line: 'namespace' as const, namespace })));
  await ip(
    of,
    namespaces.map((namespace) => `netns add ${namespace}`),
  );
  manifest.write(
    ...namespaces.map((namespace) => {
      return { line: 'namespace-made' as const, namespace, inode: statSync(namespacePath(namespace)).ino };
    }),
  );
}

/** Takes a folder outside of the lab's own for the sockets of a switch. It is new, or empty. */
export function takeRunFolder(manifest: Manifest, folder: string): void {
  makeFolder(manifest, dirname(folder));
  manifest.write({ line: 'run-folder', folder });
  makeFolder(manifest, folder);
}

/** Makes a folder outside of the lab's own, and those above it; what is there already stays what it is. */
function makeFolder(manifest: Manifest, folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(manifest, dirname(folder));
  manifest.write({ line: 'folder', folder });
  mkdirSync(folder, { mode: 0o700 });
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
