import type { OvsdbTable } from './tables.ts';
import { namedUuidAtom, uuidAtom, type WireAtom, type WireRow, type WireValue } from './wire.ts';

/** An operation of a transaction (RFC 7047, 5.2), made by one of the functions below. */
export interface OvsdbOperation {
  readonly op: 'insert' | 'update' | 'mutate' | 'delete' | 'select' | 'wait' | 'comment' | 'abort';
  readonly [member: string]: unknown;
}

/** A condition on rows: a column, how it compares, and a value. No conditions: every row. */
export type RowCondition = readonly [
  column: string,
  comparison: '==' | '!=' | 'includes' | 'excludes',
  value: WireValue,
];

/** A change of a set or map: elements that come, or that go (of a map also by key alone, as a set of keys). */
export type RowMutation = readonly [column: string, mutator: 'insert' | 'delete' | '+=', value: WireValue];

/**
 * The name of a row that is to be inserted. `chosen`: it gets that UUID, so that the same insertion twice is refused the second
 * time. `named`: the server chooses the UUID, and the name holds within the transaction; letters, digits and `_`.
 */
export type NewRow =
  { readonly kind: 'chosen'; readonly uuid: string } | { readonly kind: 'named'; readonly name: string };

/** A reference to a row, for use in the transaction that inserts it. */
export function referenceTo(row: NewRow): WireAtom {
  return row.kind === 'chosen' ? uuidAtom(row.uuid) : namedUuidAtom(row.name);
}

/** The condition that is met by one row alone. */
export function byUuid(uuid: string): readonly RowCondition[] {
  return [['_uuid', '==', uuidAtom(uuid)]];
}

type AnyTable = OvsdbTable<string, unknown>;

export function insertRow(table: AnyTable, row: WireRow, as: NewRow): OvsdbOperation {
  return {
    op: 'insert',
    table: table.name,
    row,
    ...(as.kind === 'chosen' ? { uuid: as.uuid } : { 'uuid-name': as.name }),
  };
}

export function updateRows(table: AnyTable, where: readonly RowCondition[], row: WireRow): OvsdbOperation {
  return { op: 'update', table: table.name, where, row };
}

export function mutateRows(
  table: AnyTable,
  where: readonly RowCondition[],
  mutations: readonly RowMutation[],
): OvsdbOperation {
  return { op: 'mutate', table: table.name, where, mutations };
}

/** Rows of ports and interfaces go by themselves, once nothing refers to them. */
export function deleteRows(table: AnyTable, where: readonly RowCondition[]): OvsdbOperation {
  return { op: 'delete', table: table.name, where };
}

export function selectRows(table: AnyTable, where: readonly RowCondition[]): OvsdbOperation {
  return { op: 'select', table: table.name, where, columns: ['_uuid', ...Object.keys(table.columns)] };
}

/**
 * Compare-and-swap: the transaction fails with RowsDiffer unless the rows that meet the condition are exactly these, in these
 * columns. The server does not wait for that to come about.
 */
export function expectRows(
  table: AnyTable,
  where: readonly RowCondition[],
  { columns, rows }: { readonly columns: readonly string[]; readonly rows: readonly WireRow[] },
): OvsdbOperation {
  return { op: 'wait', table: table.name, where, columns, until: '==', rows, timeout: 0 };
}

/** A note in the log of the database. */
export function commentOn(comment: string): OvsdbOperation {
  return { op: 'comment', comment };
}

/** Makes the transaction fail, whatever the others came to. */
export const abortAll: OvsdbOperation = { op: 'abort' };
