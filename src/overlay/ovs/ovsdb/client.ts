import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { referenceAtom } from './columns.ts';
import { connectInTurn, type OvsdbSettings } from './connect.ts';
import type { OvsdbConnection } from './connection.ts';
import { TransactionRefused, UnreadableServer } from './fault.ts';
import { abortAll, insertRow, selectRows, type OvsdbOperation, type RowCondition } from './operations.ts';
import { bridgeTable, databaseName, type OvsdbTable } from './tables.ts';
import { readResults, type OperationResult } from './transaction-results.ts';

/**
 * A client of one switch's database. It connects when it is first asked something, and anew after a connection was lost,
 * beginning with the next endpoint. Nothing is asked twice by itself.
 *
 * Every call throws OverlayUnavailable where no endpoint answers. Where that comes after a transaction was sent, nobody
 * knows whether it was carried out: look, or insert rows under UUIDs that were chosen here.
 */
export class OvsdbClient implements Disposable {
  readonly #settings: OvsdbSettings;
  #connecting: Promise<OvsdbConnection> | undefined;
  #first = 0;
  #isDisposed = false;

  constructor(settings: OvsdbSettings) {
    this.#settings = settings;
  }

  /**
   * Carries out all operations, or none. Throws RowsDiffer where rows are not as an `expectRows` says; TransactionRefused,
   * which names the operation, for anything else that the server does not take; RequestRefused. Both of these are OverlayUnavailable.
   */
  async transact(operations: readonly OvsdbOperation[]): Promise<readonly OperationResult[]> {
    const connection = await this.#connection();
    const result = await connection.request('transact', [databaseName, ...operations]);
    return readResults(connection.endpoint, operations, result);
  }

  /** The rows that meet a condition, by UUID. Throws UnreadableServer for rows that are none of that table. */
  async select<Row>(
    table: OvsdbTable<string, Row>,
    where: readonly RowCondition[] = [],
  ): Promise<ReadonlyMap<string, Row>> {
    const [rows] = await this.selectEach([{ table, where }]);
    return rows ?? new Map();
  }

  /** As `select`, of several conditions in one request. */
  async selectEach<Row>(
    selections: readonly { table: OvsdbTable<string, Row>; where: readonly RowCondition[] }[],
  ): Promise<ReadonlyMap<string, Row>[]> {
    const results = await this.transact(selections.map(({ table, where }) => selectRows(table, where)));
    return selections.map(({ table }, index) => {
      const found = results[index]?.rows;
      if (found === undefined)
        throw new UnreadableServer(`${this.#words} answers a question for rows of ${table.name} with none`);
      const placed = z.tuple([referenceAtom, table.row]);
      return new Map(
        found.map(({ _uuid, ...row }) => {
          const read = placed.safeParse([_uuid, row]);
          if (read.success) return read.data;
          throw new UnreadableServer(
            `${this.#words} holds a row of ${table.name} that cannot be read`,
            read.error,
          );
        }),
      );
    });
  }

  /**
   * Whether the server takes UUIDs that were chosen here (since Open vSwitch 2.13). That is tried with an insertion which
   * is aborted, so that no table of versions is needed.
   */
  async takesChosenUuids(): Promise<boolean> {
    const row = { name: `try-${randomUUID()}` };
    try {
      await this.transact([insertRow(bridgeTable, row, { kind: 'chosen', uuid: randomUUID() }), abortAll]);
    } catch (error) {
      if (error instanceof TransactionRefused && error.refusal.error === 'aborted') return true;
      // An older server cannot read the operation. Anything else that it may say tells nothing of UUIDs.
      if (error instanceof TransactionRefused && error.refusal.error === 'syntax error') return false;
      throw error;
    }
    throw new UnreadableServer(`${this.#words} carries out what is to be aborted`);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    void this.#connecting?.then(
      (connection) => {
        connection[Symbol.dispose]();
      },
      () => undefined,
    );
  }

  get #words(): string {
    return this.#settings.endpoints.map(({ text }) => text).join(', ');
  }

  async #connection(): Promise<OvsdbConnection> {
    if (this.#isDisposed) throw new Error('this client was disposed of');
    const kept = this.#connecting;
    if (kept !== undefined) {
      const connection = await kept;
      if (connection.fault === undefined) return connection;
      if (this.#connecting === kept) {
        this.#connecting = undefined;
        this.#first++;
      }
    }
    // Whoever comes while somebody connects shares that connection, and its failure.
    return await (this.#connecting ?? this.#connect());
  }

  #connect(): Promise<OvsdbConnection> {
    const connecting = connectInTurn(this.#settings, this.#first).then(({ connection, at }) => {
      this.#first = at;
      return connection;
    });
    this.#connecting = connecting;
    connecting.catch(() => {
      if (this.#connecting === connecting) this.#connecting = undefined;
    });
    return connecting;
  }
}
