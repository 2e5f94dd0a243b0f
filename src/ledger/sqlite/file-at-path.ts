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
  #known: FileIdentity | undefined;

  /** To be made right after the file was opened. */
  constructor(path: string) {
    this.#path = path;
    this.#known = identityOf(path);
  }

  /**
   * True if the file was written to since the last call, other than through SQLite's log: that log was taken over into
   * the file, or somebody overwrote it. Throws LedgerForked if there is another file now, or none.
   */
  wasWritten(): boolean {
    const [known, now] = [this.#known, identityOf(this.#path)];
    if (known?.device !== now?.device || known?.inode !== now?.inode)
      throw new LedgerForked({ replaced: this.#path });
    this.#known = now;
    return known?.modifiedNs !== now?.modifiedNs || known?.bytes !== now?.bytes;
  }
}

function identityOf(path: string): FileIdentity | undefined {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false });
  return status && { device: status.dev, inode: status.ino, bytes: status.size, modifiedNs: status.mtimeNs };
}
