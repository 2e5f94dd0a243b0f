import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { clearPlace, giveToOwnerOfFolder, makeFolders, requireNoLink } from './durable-file.ts';

/** A new file, which no link leads to. */
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** The files that this process is writing now. */
const underWay = new Set<string>();

/** True of a file that this process is writing now, to have it take the place of another. */
export function isUnderWay(beside: string): boolean {
  return underWay.has(resolve(beside));
}

/**
 * Replaces a file as replaceFile does, while this process goes on with other work: several files are on their way to the
 * disk at once. Not for one file at a time with itself. `within` is the topmost folder that is this program's own.
 */
export async function replaceInBackground(
  path: string,
  bytes: Uint8Array,
  { within }: { within: string },
): Promise<void> {
  requireNoLink(dirname(path), { within });
  const beside = `${path}.new`;
  underWay.add(resolve(beside));
  try {
    makeFolders(dirname(path), { isOwn: true });
    await rm(beside, { force: true });
    await using file = await open(beside, newFile, 0o640);
    giveToOwnerOfFolder(dirname(path), file.fd);
    await file.writeFile(bytes);
    await file.sync();
    await rename(beside, path);
    await using folder = await open(dirname(path), constants.O_RDONLY);
    await folder.sync();
  } catch (cause) {
    clearPlace(beside);
    throw cause;
  } finally {
    underWay.delete(resolve(beside));
  }
}
