import { constants } from 'node:fs';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reasonOf } from '../../../runtime/system-reason.ts';
import { SinkUnavailable } from '../faults.ts';
import type { BatchLimits, SinkDelivery, Sink, SinkBeat, SinkEntry } from '../port.ts';
import type { FileSettings } from '../settings.ts';
import { cutHalfLine } from './half-line.ts';

const limits = { entriesMax: 1_000, bytesMax: 4_194_304 };
const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A file with one line an entry, each on the disk before it is acknowledged. */
export function fileSink(settings: FileSettings): Sink {
  return new FileSink(settings);
}

class FileSink implements Sink {
  readonly limits: BatchLimits;
  readonly #settings: FileSettings;
  #file: FileHandle | undefined;
  /** The last entry that the file holds, as far as this process knows. */
  #last = 0;

  constructor(settings: FileSettings) {
    this.#settings = settings;
    this.limits = { ...limits, bytesMax: Math.min(limits.bytesMax, settings.rotateBytes) };
  }

  async deliver(entries: readonly SinkEntry[]): Promise<SinkDelivery> {
    this.#last = Math.max(0, (entries.at(0)?.seq ?? 0) - 1);
    await this.#append(entries.map(({ text }) => `${text}\n`).join(''));
    this.#last = entries.at(-1)?.seq ?? this.#last;
    return { upTo: this.#last };
  }

  async beat({ text }: SinkBeat): Promise<void> {
    await this.#append(`${text}\n`);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #append(text: string): Promise<void> {
    try {
      const bytes = Buffer.from(text);
      let file = await this.#opened(bytes);
      const { size } = await file.stat();
      if (size > 0 && size + bytes.length > this.#settings.rotateBytes) {
        await this.#setAside();
        file = await this.#opened(bytes);
      }
      await write(file, bytes);
    } catch (cause) {
      // What the disk failed to take may be lost though it looks written: it is looked at again from what is there.
      await this.close().catch(() => undefined);
      if (cause instanceof SinkUnavailable) throw cause;
      throw new SinkUnavailable(`${this.#settings.path} cannot be written: ${wordsOf(cause)}`, { cause });
    }
  }

  /** The file, also where somebody moved away or removed the one that was open. A half line at its end is cut off. */
  async #opened(next: Uint8Array): Promise<FileHandle> {
    const { path } = this.#settings;
    const there = await stat(path).catch(() => undefined);
    if (this.#file !== undefined) {
      const { dev, ino } = await this.#file.stat();
      if (there?.dev === dev && there.ino === ino) return this.#file;
      await this.close();
    }
    const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o640);
    this.#file = file;
    if (!(await file.stat()).isFile()) throw new SinkUnavailable(`${path} is no file`);
    await cutHalfLine(file, { path, next });
    if (there === undefined) await flushFolder(dirname(path));
    return file;
  }

  /** Gives the file a name that no other one has: by the last entry that it holds. */
  async #setAside(): Promise<void> {
    const { path, keep } = this.#settings;
    await this.close();
    const aside = `${path}.${String(this.#last).padStart(12, '0')}`;
    let name = aside;
    for (let time = 2; (await stat(name).catch(() => undefined)) !== undefined; time += 1)
      name = `${aside}-${String(time)}`;
    await rename(path, name);
    await flushFolder(dirname(path));
    if (keep !== undefined) await this.#removeBeyond(keep);
  }

  /** The oldest go first, by the time at which they were written last: after a replay an entry may be in several. */
  async #removeBeyond(keep: number): Promise<void> {
    const folder = dirname(this.#settings.path);
    const own = `${basename(this.#settings.path)}.`;
    const names = (await readdir(folder)).filter(
      (name) => name.startsWith(own) && /^\d{12}(-\d+)?$/.test(name.slice(own.length)),
    );
    const dated = await Promise.all(
      names.map(async (name) => ({ path: join(folder, name), at: (await stat(join(folder, name))).mtimeMs })),
    );
    dated.sort((one, other) => other.at - one.at || (one.path < other.path ? 1 : -1));
    for (const { path } of dated.slice(keep)) await rm(path, { force: true });
  }
}

/** A link is not followed: whoever may make one would choose the file. */
function wordsOf(cause: unknown): string {
  const isLink = cause instanceof Error && 'code' in cause && cause.code === 'ELOOP';
  return isLink ? 'it is a link, which is not followed: name the file itself' : reasonOf(cause);
}

/** All of it is on the disk when it returns. On a failure what was written of it is taken back. */
async function write(file: FileHandle, bytes: Uint8Array): Promise<void> {
  const { size } = await file.stat();
  try {
    await file.appendFile(bytes);
    await file.datasync();
  } catch (cause) {
    await file.truncate(size);
    throw cause;
  }
}

/** Brings the names in a folder to the disk. */
async function flushFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY);
  await folder.sync();
}
