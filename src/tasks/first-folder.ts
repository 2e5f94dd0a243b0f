import { closeSync, existsSync, openSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolders } from '../runtime/durable-file.ts';
import { Fault, UsageError } from '../runtime/errors.ts';
import { reasonOf } from '../runtime/system-reason.ts';

/** A folder could not be written, though nothing is wrong with its name: the disk is full, or refuses. */
class FolderUnwritable extends Fault {
  readonly code = 'FolderUnwritable';
  readonly category = 'unreachable';
}

/** Errors of a path that is wrong as it stands. */
const wrongPath: readonly unknown[] = ['EEXIST', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENOENT', 'ENOTDIR'];

/**
 * Writes a first folder of documents: `from` gives their texts by path. All of it, or nothing that was not there before. Throws
 * UsageError where something is in that place already, since documents of somebody else's are never mixed with it, and for a path
 * that cannot be one; FolderUnwritable where the disk does not take it.
 */
export function firstFolder({ dir, from }: { dir: string; from: ReadonlyMap<string, string> }): {
  readonly files: readonly string[];
} {
  const made = new Made();
  try {
    made.folder(dir);
    if (readdirSync(dir).length > 0)
      throw new UsageError(`${dir} is not empty: name a folder that is new or empty`);
    for (const [file, text] of from) {
      made.folder(dirname(join(dir, file)));
      made.file(join(dir, file), text);
    }
  } catch (cause) {
    made.undo();
    if (cause instanceof UsageError) throw cause;
    const words = `${dir} cannot be written: ${reasonOf(cause)}`;
    const isWrong = cause instanceof Error && 'code' in cause && wrongPath.includes(cause.code);
    throw isWrong ? new UsageError(words, { cause }) : new FolderUnwritable(words, { cause });
  }
  return { files: [...from.keys()] };
}

/** Files and folders that were made, so that they can be taken away again. */
class Made {
  readonly #removals: (() => void)[] = [];

  /** Makes a folder, and whichever are missing above it. */
  folder(folder: string): void {
    const missing: string[] = [];
    for (let place = folder; !existsSync(place); place = dirname(place)) missing.unshift(place);
    for (const place of missing) {
      this.#removals.push(() => {
        rmdirSync(place);
      });
    }
    makeFolders(folder);
  }

  file(path: string, text: string): void {
    const descriptor = openSync(path, 'wx');
    this.#removals.push(() => {
      rmSync(path, { force: true });
    });
    try {
      writeFileSync(descriptor, text);
    } finally {
      closeSync(descriptor);
    }
  }

  /** A folder into which somebody else put something meanwhile stays. */
  undo(): void {
    for (const remove of this.#removals.reverse()) {
      try {
        remove();
      } catch {
        // It was not made, or is not ours alone.
      }
    }
  }
}
