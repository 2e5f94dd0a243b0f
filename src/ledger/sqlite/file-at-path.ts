import { statSync } from 'node:fs';
import { LedgerForked } from '../faults.ts';

interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: bigint;
  readonly modifiedNs: bigint;
}

/**
 * The file that a connection has open. SQLite goes on with it when it is moved away, and sees nothing of another file
 * that takes its place.
 */
export class FileAtPath {
  readonly #path: string;
  readonly #named: string;
  #known: FileIdentity | undefined;

  /** To be made right after the file was opened. `named` is the name that it was given by, which may be a link. */
  constructor(path: string, named = path) {
    this.#path = path;
    this.#named = named;
    this.#known = identityOf(path);
  }

  /**
   * True if the file was written to since the last call, other than through SQLite's log: that log was taken over into
   * the file, or somebody overwrote it. Throws LedgerForked if there is another file now, or none, also by the name that was given.
   */
  wasWritten(): boolean {
    const [known, now] = [this.#known, identityOf(this.#path)];
    for (const path of new Set([this.#path, this.#named]))
      if (!isSameFile(known, identityOf(path))) throw new LedgerForked({ replaced: path });
    this.#known = now;
    return known?.modifiedNs !== now?.modifiedNs || known?.bytes !== now?.bytes;
  }
}

function isSameFile(one: FileIdentity | undefined, other: FileIdentity | undefined): boolean {
  return one?.device === other?.device && one?.inode === other?.inode;
}

function identityOf(path: string): FileIdentity | undefined {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false });
  return status && { device: status.dev, inode: status.ino, bytes: status.size, modifiedNs: status.mtimeNs };
}
