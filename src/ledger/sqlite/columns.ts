import type { SQLOutputValue } from 'node:sqlite';
import { LedgerDamaged } from '../faults.ts';

type Row = Readonly<Record<string, SQLOutputValue>> | undefined;

/** A column by name and type. The tables are STRICT: any other type is LedgerDamaged. */
export function integerOf(row: Row, column: string): number {
  const value = row?.[column];
  if (typeof value !== 'number') throw holdsNo('integer', column);
  return value;
}

export function textOf(row: Row, column: string): string {
  const value = row?.[column];
  if (typeof value !== 'string') throw holdsNo('text', column);
  return value;
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row?.[column];
  if (!(value instanceof Uint8Array)) throw holdsNo('bytes', column);
  return value;
}

function holdsNo(type: string, column: string): LedgerDamaged {
  return new LedgerDamaged(`the ledger is damaged: a column ${column} holds no ${type}`);
}
