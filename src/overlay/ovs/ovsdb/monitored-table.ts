import { z } from 'zod';
import { rowAfter } from './columns.ts';
import { Unintelligible } from './fault.ts';
import type { OvsdbTable } from './tables.ts';
import { wireRow, type WireRow } from './wire.ts';

/** What a server tells of one row. */
export type RowNews =
  | { readonly kind: 'is'; readonly row: WireRow }
  | { readonly kind: 'differs'; readonly difference: WireRow }
  | { readonly kind: 'went' };

/** What a server tells of a table, by the UUIDs of rows. */
export type TableNews = Readonly<Record<string, RowNews>>;

/** A row of `update2` and `update3`. */
const rowNews2 = z.union([
  z
    .strictObject({ modify: wireRow })
    .transform(({ modify }): RowNews => ({ kind: 'differs', difference: modify })),
  z.strictObject({ initial: wireRow }).transform(({ initial }): RowNews => ({ kind: 'is', row: initial })),
  z.strictObject({ insert: wireRow }).transform(({ insert }): RowNews => ({ kind: 'is', row: insert })),
  z.strictObject({ delete: z.null() }).transform((): RowNews => ({ kind: 'went' })),
]);

/** A row of `update`, which tells each changed row whole. */
const rowNews1 = z
  .strictObject({ old: wireRow.optional(), new: wireRow.optional() })
  .transform(({ new: row }): RowNews => (row === undefined ? { kind: 'went' } : { kind: 'is', row }));

const newsOf = (row: z.ZodType<RowNews>): z.ZodType<Readonly<Record<string, TableNews>>> =>
  z.record(z.string(), z.record(z.string(), row));

/** What a server tells of tables, by name: as `update2` and `update3` write it, and as `update` does. */
export const updates2 = newsOf(rowNews2);
export const updates1 = newsOf(rowNews1);

/** A row that came (no `before`), changed, or went (no `after`). */
export interface MonitoredChange<Name, Row> {
  readonly table: Name;
  readonly uuid: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** The rows of one table, as far as a server told them. */
export class MonitoredTable<Name extends string, Row> {
  readonly table: OvsdbTable<Name, Row>;
  readonly #wire = new Map<string, WireRow>();
  readonly #rows = new Map<string, Row>();

  constructor(table: OvsdbTable<Name, Row>) {
    this.table = table;
  }

  /** The rows as they are now, by UUID. Later news leaves it as it is. */
  rows(): ReadonlyMap<string, Row> {
    return new Map(this.#rows);
  }

  clear(): void {
    this.#wire.clear();
    this.#rows.clear();
  }

  /** Throws Unintelligible for what cannot follow on what was told before. */
  take(news: TableNews): MonitoredChange<Name, Row>[] {
    return Object.entries(news).map(([uuid, each]) => {
      const before = this.#rows.get(uuid);
      return { table: this.table.name, uuid, before, after: this.#takeRow(uuid, each) };
    });
  }

  #takeRow(uuid: string, news: RowNews): Row | undefined {
    switch (news.kind) {
      case 'is':
        return this.#put(uuid, news.row);
      case 'differs':
        return this.#put(uuid, rowAfter(this.#known(uuid), news.difference, this.table.columns));
      case 'went':
        this.#known(uuid);
        this.#wire.delete(uuid);
        this.#rows.delete(uuid);
        return undefined;
    }
  }

  #known(uuid: string): WireRow {
    const row = this.#wire.get(uuid);
    if (row === undefined)
      throw new Unintelligible(`tells of a change to a row of ${this.table.name} that it never told of`);
    return row;
  }

  #put(uuid: string, wire: WireRow): Row {
    const read = this.table.row.safeParse(wire);
    if (!read.success)
      throw new Unintelligible(`tells of a row of ${this.table.name} that cannot be read`, read.error);
    this.#wire.set(uuid, wire);
    this.#rows.set(uuid, read.data);
    return read.data;
  }
}
