import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { milliseconds } from '../harness/measure.ts';
import { RawStore } from '../ledger/raw-store.ts';
import type { Bytes } from './turns.ts';

export const floorName = 'the same bytes: one append and fsync a host, two appends to raw node:sqlite';

/** What a change cannot do without: its bytes on the disk of every host, side by side, and in two transactions. */
export class Floor implements Disposable {
  readonly #store: RawStore;
  readonly #hosts: readonly string[];

  constructor(folder: string, { hosts }: { hosts: number }) {
    this.#store = new RawStore(join(folder, 'floor.db'));
    this.#hosts = Array.from({ length: hosts }, (_, host) => join(folder, `floor-${host}`));
  }

  /** Milliseconds for a change of so many bytes. */
  write({ host, ledger }: Bytes): Promise<number> {
    const line = Buffer.alloc(host, '.');
    const half = Buffer.alloc(Math.ceil(ledger / 2), '.');
    return milliseconds(async () => {
      this.#store.insertOneByOne([half]);
      await Promise.all(this.#hosts.map((path) => appended(path, line)));
      this.#store.insertOneByOne([half]);
    });
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }
}

async function appended(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'a');
  await file.write(bytes);
  await file.sync();
}
