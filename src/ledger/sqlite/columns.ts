import type { SQLOutputValue } from 'node:sqlite';
import { LedgerDamaged } from '../faults.ts';

type SqlRow = Readonly<Record<string, SQLOutputValue>> | undefined;

/** Reads a column by name and type. The tables are STRICT, so another type is damage. Throws LedgerDamaged. */
export function integerOf(row: SqlRow, column: string): number {
  const value = row?.[column];
  if (typeof value !== 'number') throw holdsNo('integer', column);
  return value;
}

export function textOf(row: SqlRow, column: string): string {
  const value = row?.[column];
  if (typeof value !== 'string') throw holdsNo('text', column);
  return value;
}

export function bytesOf(row: SqlRow, column: string): Uint8Array {
  const value = row?.[column];
  if (!(value instanceof Uint8Array)) throw holdsNo('bytes', column);
  return value;
}

function holdsNo(type: string, column: string): LedgerDamaged {
  return new LedgerDamaged(`the ledger is damaged: a column ${column} holds no ${type}`);
}
