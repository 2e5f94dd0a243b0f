import type { FileHandle } from 'node:fs/promises';
import { SinkUnavailable } from '../faults.ts';

const chunkBytes = 65_536;
const lineEnd = 0x0a;

/**
 * Cuts off a half line at the end of a file: a crash left it, so that it was not acknowledged and is delivered again. One that does not
 * begin as what comes next does is somebody else's: SinkUnavailable is thrown then, and nothing is cut.
 */
export async function cutHalfLine(
  file: FileHandle,
  { path, next }: { path: string; next: Uint8Array },
): Promise<void> {
  const { size } = await file.stat();
  const whole = await endOfWholeLines(file, size);
  if (whole === size) return;
  const [first] = (await file.read(Buffer.alloc(1), 0, 1, whole)).buffer;
  if (first !== next[0])
    throw new SinkUnavailable(`${path} ends in half a line that is no event: see whose file it is`);
  await file.truncate(whole);
  await file.datasync();
}

/** The bytes up to the last line end, with it. */
async function endOfWholeLines(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(chunkBytes);
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - chunkBytes);
    const { bytesRead } = await file.read(chunk, 0, end - from, from);
    const at = chunk.subarray(0, bytesRead).lastIndexOf(lineEnd);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}
