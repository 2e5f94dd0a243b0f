import type { SQLOutputValue } from 'node:sqlite';

/** An index does not hold what was written into it: somebody edited it, or a disk lost a part. It is not used, and built anew. */
export class IndexDamaged extends Error {
  override readonly name = 'IndexDamaged';
}

/** An index was written by another version of this program, which this one does not read. */
export class IndexOfAnotherVersion extends IndexDamaged {}

type IndexRow = Readonly<Record<string, SQLOutputValue>>;

/** Reads a column by name and type. Throws IndexDamaged for another type. */
export function integerIn(row: IndexRow, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new IndexDamaged(`a column ${column} holds no integer`);
  return value;
}

export function textIn(row: IndexRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new IndexDamaged(`a column ${column} holds no text`);
  return value;
}
