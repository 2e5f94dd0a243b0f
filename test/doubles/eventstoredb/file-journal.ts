import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { Journal } from './records.ts';
import type { Commit } from './records.ts';

const bytes = z.base64().transform((text): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64')));

const frameSchema = z.array(
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('events'),
      stream: z.string(),
      created: z.number(),
      events: z.array(
        z.object({ id: z.string(), type: z.string(), json: z.boolean(), data: bytes, metadata: bytes }),
      ),
    }),
    z.object({ kind: z.literal('tombstone'), stream: z.string(), created: z.number() }),
  ]),
);

/** Of a frame: the length of its text and the checksum over it, 4 bytes each. */
const headerBytes = 8;

/**
 * Commits in one file, each frame on the disk before it counts. A frame that a crash left torn is dropped when the file
 * is opened: nobody was told that it was written.
 */
export class FileJournal implements Journal {
  readonly commits: readonly (readonly Commit[])[];
  readonly #file: number;
  #open = true;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'events.log');
    this.#file = openSync(path, 'a+');
    const { frames, end } = framesIn(readFileSync(path));
    this.commits = frames;
    ftruncateSync(this.#file, end);
    fsyncSync(this.#file);
    syncFolder(folder);
  }

  write(commits: readonly Commit[]): void {
    const text = Buffer.from(JSON.stringify(commits, asText));
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32BE(text.length, 0);
    header.writeUInt32BE(crc32(text), 4);
    const frame = Buffer.concat([header, text]);
    for (let written = 0; written < frame.length;) written += writeSync(this.#file, frame, written);
    fdatasyncSync(this.#file);
  }

  close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }
}

function framesIn(content: Buffer): { frames: Commit[][]; end: number } {
  const frames: Commit[][] = [];
  let end = 0;
  while (end + headerBytes <= content.length) {
    const from = end + headerBytes;
    const text = content.subarray(from, from + content.readUInt32BE(end));
    if (text.length < content.readUInt32BE(end) || crc32(text) !== content.readUInt32BE(end + 4)) break;
    frames.push(frameSchema.parse(JSON.parse(text.toString())));
    end = from + text.length;
  }
  return { frames, end };
}

const asText = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;

/** A new file is there after a loss of power only once its folder is on the disk too. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
