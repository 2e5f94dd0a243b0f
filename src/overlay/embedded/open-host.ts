import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { noFileAt } from '../../runtime/sqlite-files.ts';
import { reasonOf } from '../../runtime/system-reason.ts';
import { NotProvablyOurs, OverlayUnavailable } from '../faults.ts';

/** Opens without waiting for whoever should write into a pipe. */
const toRead = constants.O_RDONLY | constants.O_NONBLOCK;
const toWrite = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Errors of a file that may not be written in place, and may be replaced: a link, or one without that permission. */
const notInPlace: readonly unknown[] = ['ELOOP', 'EACCES', 'EPERM', 'EROFS'];

/** The most bytes that are compared at once. */
const partBytes = 262_144;

/**
 * The fault of a file that could not be read or written, with the reason as far as the machine shows it. What stands there and is
 * no file is not what any host acknowledged, and no host is away that is found like that.
 */
export function unavailable(path: string, done: 'read' | 'written', cause: unknown): OverlayUnavailable {
  if (codeOf(cause) === 'ENOTDIR')
    return new NotProvablyOurs(`something else than a folder on the way to ${path}`, moveAway);
  const found = noFileAt(path);
  return found === undefined
    ? new OverlayUnavailable(`${path} cannot be ${done}: ${reasonOf(cause)}`, cause)
    : new NotProvablyOurs(`${found.kind} at ${path}, where the file of a host has to be`, moveAway);
}

const moveAway = 'find out who put it there, and move it away';

/**
 * Does something with the file of a host, which is undefined where there is none, and closes it. A file may fail only when it is closed:
 * then the host is as little to be relied on as one that cannot be read. Throws what the work throws, and OverlayUnavailable.
 */
export async function withHost<Done>(
  path: string,
  how: { toAppend: boolean },
  work: (file: OpenHost | undefined) => Promise<Done>,
): Promise<Done> {
  const file = await OpenHost.at(path, how);
  let done: Done;
  try {
    done = await work(file);
  } catch (fault) {
    // The first fault is the one to be told.
    await file?.close().catch(() => undefined);
    throw fault;
  }
  try {
    await file?.close();
  } catch (cause) {
    throw unavailable(path, how.toAppend ? 'written' : 'read', cause);
  }
  return done;
}

/** The file of a host, as it was when it was opened. */
export class OpenHost {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Whether an append changes this file and nothing else: it is no link, and has no other name. */
  readonly isOwn: boolean;
  readonly #file: FileHandle;

  private constructor(path: string, of: { file: FileHandle; size: number; isOwn: boolean }) {
    this.path = path;
    this.#file = of.file;
    this.size = of.size;
    this.isOwn = of.isOwn;
  }

  /**
   * Undefined where there is none. One that stands still keeps a thread of the process until it is open: other calls wait for
   * that, and keep none. Throws OverlayUnavailable.
   */
  static async at(path: string, { toAppend }: { toAppend: boolean }): Promise<OpenHost | undefined> {
    try {
      const { file, isInPlace } = await afterOpening(path, () => opened(path, toAppend));
      try {
        const stat = await file.stat();
        if (!stat.isFile()) throw new Error(`${path} is no file`);
        return new OpenHost(path, { file, size: stat.size, isOwn: isInPlace && stat.nlink === 1 });
      } catch (cause) {
        await file.close().catch(() => undefined);
        throw cause;
      }
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw unavailable(path, 'read', cause);
    }
  }

  /** The bytes at a place, as many as there are. Throws OverlayUnavailable. */
  async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    let count = 0;
    try {
      while (count < length) {
        const { bytesRead } = await this.#file.read(bytes, count, length - count, position + count);
        if (bytesRead === 0) break;
        count += bytesRead;
      }
    } catch (cause) {
      throw unavailable(this.path, 'read', cause);
    }
    return bytes.subarray(0, count);
  }

  /** Whether these bytes, and no others, are there from a place on. They are read by parts: several hosts may be large. */
  async endsWith(position: number, bytes: Buffer): Promise<boolean> {
    if (position + bytes.length !== this.size) return false;
    for (let at = 0; at < bytes.length; at += partBytes) {
      const part = bytes.subarray(at, at + partBytes);
      if (!part.equals(await this.read(position + at, part.length))) return false;
    }
    return true;
  }

  /**
   * Puts bytes at a place in place of everything from there on, and brings them to the disk. Where that fails, they are
   * taken back as far as they can be: what is not surely on the disk should not be read as if it were.
   */
  async putAtEnd(position: number, bytes: Buffer): Promise<void> {
    try {
      if (position < this.size) await this.#file.truncate(position);
      let count = 0;
      while (count < bytes.length) {
        const { bytesWritten } = await this.#file.write(bytes, count, bytes.length - count, position + count);
        count += bytesWritten;
      }
      await this.#file.sync();
    } catch (cause) {
      await this.#file.truncate(position).catch(() => undefined);
      throw unavailable(this.path, 'written', cause);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** By path, what is opened there. */
const opening = new Map<string, Promise<unknown>>();

async function afterOpening<Opened>(path: string, begin: () => Promise<Opened>): Promise<Opened> {
  const at = resolve(path);
  const before = opening.get(at);
  if (before !== undefined) await Promise.allSettled([before]);
  const mine = begin();
  opening.set(at, mine);
  try {
    return await mine;
  } finally {
    if (opening.get(at) === mine) opening.delete(at);
  }
}

async function opened(path: string, toAppend: boolean): Promise<{ file: FileHandle; isInPlace: boolean }> {
  try {
    if (!toAppend) return { file: await open(path, toRead), isInPlace: false };
    return { file: await open(path, toWrite), isInPlace: true };
  } catch (cause) {
    if (!notInPlace.includes(codeOf(cause))) throw cause;
    return { file: await open(path, toRead), isInPlace: false };
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
