import { watch, type FSWatcher } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Latest } from './latest.ts';
import { Reached } from './reached.ts';

const pieceBytes = 1_048_576;
const sequence = '"sequence":"';
const sequenceDigits = 20;

/** Reads the file that CloudEvents are delivered to, as whoever collects it does: also once it is set aside for another one. */
export class FileFollower implements AsyncDisposable {
  readonly reached = new Reached();
  readonly #path: string;
  readonly #watcher: FSWatcher;
  readonly #reading = new Latest(() => this.#read());
  readonly #piece = Buffer.alloc(pieceBytes);
  #file: FileHandle | undefined;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
    this.#watcher = watch(dirname(path), (_event, name) => {
      if (name === basename(path)) this.#reading.ask();
    });
    this.#reading.ask();
  }

  async #read(): Promise<void> {
    if (this.#file !== undefined) await this.#readToEnd(this.#file);
    const there = await stat(this.#path).catch(() => undefined);
    if (there === undefined || there.ino === (await this.#file?.stat())?.ino) return;
    // The one before gets nothing any more once another has its name.
    if (this.#file !== undefined) await this.#readToEnd(this.#file);
    await this.#file?.close();
    this.#file = await open(this.#path, 'r');
    await this.#readToEnd(this.#file);
  }

  async #readToEnd(file: FileHandle): Promise<void> {
    for (;;) {
      const { bytesRead } = await file.read(this.#piece, 0, pieceBytes, null);
      if (bytesRead === 0) return;
      const text = `${this.#rest}${this.#piece.toString('latin1', 0, bytesRead)}`;
      const end = text.lastIndexOf('\n') + 1;
      this.#rest = text.slice(end);
      const at = text.slice(0, end).lastIndexOf(sequence);
      if (at < 0) continue;
      const digits = at + sequence.length;
      this.reached.upTo(Number(text.slice(digits, digits + sequenceDigits)));
    }
  }

  /** Throws what reading threw. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher.close();
    await this.#reading.settled();
    await this.#file?.close();
  }
}
