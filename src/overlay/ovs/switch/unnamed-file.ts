import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../../../runtime/system-reason.ts';
import { OverlayUnavailable } from '../../faults.ts';

/** So many characters are written at once. */
const chunkLength = 1_048_576;

/**
 * A file of these lines that has no name any more: it is gone once nobody has it open, however this process ends. A program that
 * is given it as its input reads it whole or not at all, and from its beginning. All lines are taken before anything is waited for.
 * Throws OverlayUnavailable.
 */
export async function unnamedFile(lines: Iterable<string>): Promise<FileHandle> {
  const chunks = chunksOf(lines);
  const path = join(tmpdir(), `isoledger-${randomUUID()}`);
  try {
    const file = await open(path, 'wx+', 0o600);
    try {
      await unlink(path);
      // Writing at places leaves the file's own place at its beginning.
      let at = 0;
      for (const bytes of chunks) {
        for (let done = 0; done < bytes.length;)
          done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
        at += bytes.length;
      }
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error instanceof OverlayUnavailable) throw error;
    throw new OverlayUnavailable(
      `no temporary file can be written in ${tmpdir()}: ${reasonOf(error)}`,
      error,
    );
  }
}

function chunksOf(lines: Iterable<string>): Buffer[] {
  const chunks: Buffer[] = [];
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < chunkLength) continue;
    chunks.push(Buffer.from(chunk));
    chunk = '';
  }
  if (chunk !== '') chunks.push(Buffer.from(chunk));
  return chunks;
}
