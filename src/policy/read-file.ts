import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, requireMachine } from '../runtime/system-reason.ts';
import type { FoundFile } from './find-files.ts';
import { Flaw } from './flaw.ts';
import { documentFileBytesMax } from './limits.ts';

const filesOfText = 'files of text in UTF-8 that may be read';
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A file's bytes, or the flaw of a file that cannot be read. */
export async function readFound(root: string, found: FoundFile): Promise<Uint8Array | Flaw> {
  if (found.problem !== undefined)
    return new Flaw(found.problem, { found: 'no file of text', allowed: filesOfText });
  const path = join(root, found.file);
  try {
    const { size } = await stat(path);
    if (size > documentFileBytesMax) return tooLarge(size);
    return await readFile(path);
  } catch (error) {
    requireMachine(error, `${path} cannot be read`);
    return new Flaw(`this file cannot be read: ${reasonOf(error)}`, {
      found: reasonOf(error),
      allowed: filesOfText,
    });
  }
}

function tooLarge(bytes: number): Flaw {
  const message = `this file has ${bytes} bytes, at most ${documentFileBytesMax} are allowed: divide it into several`;
  return new Flaw(message, { found: `${bytes} bytes`, allowed: `at most ${documentFileBytesMax} bytes` });
}

/** The text of a file without its byte order mark, or the flaw of bytes that are no text. */
export function textOf(bytes: Uint8Array): string | Flaw {
  try {
    return utf8.decode(bytes);
  } catch {
    return new Flaw('this file is not text in UTF-8', { found: 'other bytes', allowed: filesOfText });
  }
}
