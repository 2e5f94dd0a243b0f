import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { compareText } from './place.ts';

/** A file of documents, or a path in the folder that cannot be read as such a file. */
export type FoundFile =
  | { readonly file: string; readonly problem?: undefined }
  | { readonly file: string; readonly problem: string };

const extensions = ['.yaml', '.yml', '.json'];

/**
 * Finds the files of documents under a folder, at any depth. Their paths are relative to the folder, with `/`, and
 * sorted. Files and folders whose names begin with a dot are passed over. A link to a file counts as that file. A
 * link to a folder is a problem: it could lead round in a circle, and must not silently hide documents. Throws the
 * file system's error if the folder itself cannot be listed.
 */
export async function findFiles(root: string): Promise<FoundFile[]> {
  const found = await search(root, '');
  return found.sort((a, b) => compareText(a.file, b.file));
}

async function search(root: string, folder: string): Promise<FoundFile[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const visible = entries.filter((entry) => !entry.name.startsWith('.'));
  const found: FoundFile[][] = [];
  for (const entry of visible) found.push(await visit(root, posix.join(folder, entry.name), entry));
  return found.flat();
}

async function visit(root: string, path: string, entry: Dirent): Promise<FoundFile[]> {
  if (entry.isDirectory()) return searchBelow(root, path);
  if (entry.isSymbolicLink()) return followLink(root, path);
  if (!hasExtension(path)) return [];
  return [entry.isFile() ? { file: path } : notAFile(path)];
}

async function searchBelow(root: string, folder: string): Promise<FoundFile[]> {
  try {
    return await search(root, folder);
  } catch (error) {
    return [{ file: folder, problem: `this folder cannot be read: ${reasonOf(error)}` }];
  }
}

async function followLink(root: string, path: string): Promise<FoundFile[]> {
  try {
    const target = await stat(join(root, path));
    if (target.isDirectory()) {
      return [{ file: path, problem: 'links to folders are not followed: put the folder itself here' }];
    }
    if (!hasExtension(path)) return [];
    return [target.isFile() ? { file: path } : notAFile(path)];
  } catch (error) {
    if (!hasExtension(path)) return [];
    return [{ file: path, problem: `this link leads nowhere: ${reasonOf(error)}` }];
  }
}

function notAFile(file: string): FoundFile {
  return { file, problem: 'this is not a regular file' };
}

function hasExtension(path: string): boolean {
  return extensions.some((extension) => path.toLowerCase().endsWith(extension));
}

const reasons = new Map([
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a folder'],
  ['ELOOP', 'its links lead round in a circle'],
  ['ENOENT', 'it does not exist'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['EPERM', 'permission denied'],
]);

/** The reason for a file system's error, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return reasons.get(code) ?? code;
}
