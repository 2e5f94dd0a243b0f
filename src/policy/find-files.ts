import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { compareNaturally } from '../runtime/natural-order.ts';
import { reasonOf, requireMachine } from '../runtime/system-reason.ts';
import { compareText } from './place.ts';

/** A file of documents, or a path in the folder that cannot be read as such a file. */
export type FoundFile =
  | { readonly file: string; readonly problem?: undefined }
  | { readonly file: string; readonly problem: string };

/** Paths in a folder that nobody reads. Nothing below a hidden folder is looked at. */
export interface PassedOver {
  readonly hidden: readonly string[];
  readonly otherEndings: readonly string[];
}

interface SearchResult extends PassedOver {
  readonly files: readonly FoundFile[];
}

const extensions = ['.yaml', '.yml', '.json'];

/**
 * Finds the files of documents under a folder, at any depth. Their paths are relative to the folder, with `/`, and
 * sorted. Files and folders whose names begin with a dot are passed over. A link to a file counts as that file. A
 * link to a folder is a problem: it could lead round in a circle, and must not silently hide documents. Throws the
 * file system's error if the folder itself cannot be listed.
 */
export async function findFiles(root: string): Promise<SearchResult> {
  const { files, hidden, otherEndings } = await search(root, '');
  return {
    files: [...files].sort((a, b) => compareText(a.file, b.file)),
    hidden: [...hidden].sort(compareNaturally),
    otherEndings: [...otherEndings].sort(compareNaturally),
  };
}

const nothingFound: SearchResult = { files: [], hidden: [], otherEndings: [] };

async function search(root: string, folder: string): Promise<SearchResult> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found: SearchResult[] = [];
  for (const entry of entries) found.push(await visit(root, posix.join(folder, entry.name), entry));
  return {
    files: found.flatMap(({ files }) => files),
    hidden: found.flatMap(({ hidden }) => hidden),
    otherEndings: found.flatMap(({ otherEndings }) => otherEndings),
  };
}

async function visit(root: string, path: string, entry: Dirent): Promise<SearchResult> {
  if (entry.name.startsWith('.')) return { ...nothingFound, hidden: [path] };
  if (await isOtherwiseNamed(root, path))
    return entry.isDirectory() || hasExtension(path)
      ? only(notUtf8(path))
      : { ...nothingFound, otherEndings: [path] };
  if (entry.isDirectory()) return searchBelow(root, path);
  if (entry.isSymbolicLink()) return followLink(root, path);
  if (!hasExtension(path)) return { ...nothingFound, otherEndings: [path] };
  return only(entry.isFile() ? { file: path } : notAFile(path));
}

function only(file: FoundFile): SearchResult {
  return { ...nothingFound, files: [file] };
}

async function searchBelow(root: string, folder: string): Promise<SearchResult> {
  try {
    return await search(root, folder);
  } catch (error) {
    requireMachine(error, `${folder} cannot be read`);
    return only({ file: folder, problem: `this folder cannot be read: ${reasonOf(error)}` });
  }
}

async function followLink(root: string, path: string): Promise<SearchResult> {
  try {
    const target = await stat(join(root, path));
    if (target.isDirectory()) {
      return only({ file: path, problem: 'links to folders are not followed: put the folder itself here' });
    }
    if (!hasExtension(path)) return { ...nothingFound, otherEndings: [path] };
    return only(target.isFile() ? { file: path } : notAFile(path));
  } catch (error) {
    requireMachine(error, `${path} cannot be read`);
    if (!hasExtension(path)) return { ...nothingFound, otherEndings: [path] };
    return only({ file: path, problem: `this link leads nowhere: ${reasonOf(error)}` });
  }
}

/** Bytes of a name that are not UTF-8 are told as U+FFFD: nothing is found by the name that is told. */
async function isOtherwiseNamed(root: string, path: string): Promise<boolean> {
  if (!posix.basename(path).includes('\ufffd')) return false;
  try {
    await lstat(join(root, path));
    return false;
  } catch {
    return true;
  }
}

function notUtf8(file: string): FoundFile {
  return { file, problem: 'its name is not UTF-8, and nothing can be found by it: rename it' };
}

function notAFile(file: string): FoundFile {
  return { file, problem: 'this is not a regular file' };
}

function hasExtension(path: string): boolean {
  return extensions.some((extension) => path.toLowerCase().endsWith(extension));
}
