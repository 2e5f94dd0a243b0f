import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolders } from '../runtime/durable-file.ts';
import { UsageError } from '../runtime/errors.ts';
import { reasonOf } from '../runtime/system-reason.ts';

/**
 * Writes a first folder of documents: `from` gives their texts by path. Throws UsageError where something is in that place already, since
 * documents of somebody else's are never mixed with it, and where it cannot be written.
 */
export function firstFolder({ dir, from }: { dir: string; from: ReadonlyMap<string, string> }): {
  readonly files: readonly string[];
} {
  try {
    makeFolders(dir);
    if (readdirSync(dir).length > 0)
      throw new UsageError(`${dir} is not empty: name a folder that is new or empty`);
    for (const [file, text] of from) {
      makeFolders(dirname(join(dir, file)));
      writeFileSync(join(dir, file), text, { flag: 'wx' });
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${dir} cannot be written: ${reasonOf(cause)}`, { cause });
  }
  return { files: [...from.keys()] };
}
