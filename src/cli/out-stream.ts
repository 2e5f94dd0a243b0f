import { fstatSync, writeSync } from 'node:fs';
import { nextTurn } from '../runtime/next-turn.ts';

type StandardStream = NodeJS.WriteStream & { readonly fd: number };

/**
 * The reason why an answer did not arrive whole. `unread`: its reader ended early, as `head` does. `unwritten`: there
 * was no room for it, or the device failed.
 */
export type Undelivered = 'unread' | 'unwritten';

/** The stdout of this process, which remembers whether all of its text arrived. */
export class OutStream {
  readonly #stream: StandardStream;
  readonly #isFile: boolean;
  readonly #closed = new AbortController();
  #undelivered: Undelivered | undefined;

  /** `onUnwritten` hears, once, why no more can be written. */
  constructor(stream: StandardStream, onUnwritten: (problem: string) => void) {
    this.#stream = stream;
    this.#isFile = !stream.isTTY && isFile(stream.fd);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#stop(error, onUnwritten);
    });
  }

  /** Aborted once nothing can be written any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  write(text: string): void {
    if (this.#closed.signal.aborted) return;
    if (this.#isFile) this.#writeFile(Buffer.from(text));
    else this.#stream.write(text);
  }

  /** Waits until all text is written. Undefined if all of it arrived. */
  async undelivered(): Promise<Undelivered | undefined> {
    if (!this.#isFile) await new Promise((resolve) => this.#stream.write('', resolve));
    // An error of a stream is told a turn later than the end of its write.
    await nextTurn();
    return this.#undelivered;
  }

  /** A nearly full disk takes a part of a write and reports no error, which streams of Node.js overlook. */
  #writeFile(bytes: Uint8Array): void {
    try {
      for (let written = 0; written < bytes.length;)
        written += writeSync(this.#stream.fd, bytes, written, bytes.length - written);
    } catch (error) {
      this.#stream.emit('error', error);
    }
  }

  #stop(error: NodeJS.ErrnoException, onUnwritten: (problem: string) => void): void {
    if (this.#closed.signal.aborted) return;
    this.#undelivered = error.code === 'EPIPE' ? 'unread' : 'unwritten';
    this.#closed.abort(error);
    if (this.#undelivered === 'unwritten') onUnwritten(error.message);
  }
}

/** Devices such as /dev/full count as files: a write to them is done when it returns. */
function isFile(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isFile() || status.isCharacterDevice();
  } catch {
    return false;
  }
}
