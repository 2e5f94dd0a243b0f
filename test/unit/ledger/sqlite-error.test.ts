import { describe, expect, it } from 'vitest';
import { Conflict } from '../../../src/ledger/faults.ts';
import { faultOf, mayHaveCommitted } from '../../../src/ledger/sqlite/sqlite-error.ts';

/** An error as node:sqlite throws it, with SQLite's extended result code. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error('as SQLite words it'), { code: 'ERR_SQLITE_ERROR', errcode });
}

describe('what an error of SQLite means', () => {
  it.each([
    [5, 'StoreUnavailable', 'locked by another process'],
    [261, 'StoreUnavailable', 'locked by another process'],
    [6, 'StoreUnavailable', 'locked by another process'],
    [8, 'StoreUnavailable', 'cannot be written'],
    [1544, 'StoreUnavailable', 'cannot be written'],
    [10, 'StoreUnavailable', 'the device failed'],
    [266, 'StoreUnavailable', 'the device failed'],
    [13, 'StoreUnavailable', 'the disk is full'],
    [14, 'StoreUnavailable', 'cannot be opened'],
    [26, 'StoreUnavailable', 'is not a ledger'],
    [11, 'LedgerDamaged', 'malformed'],
    [1811, 'LedgerDamaged', 'contradict each other'],
  ])('given result code %i, is %s: %s', (errcode, code, words) => {
    const error = sqliteError(errcode);
    expect(faultOf(error, 'some.db')).toMatchObject({ code, cause: error });
    expect(faultOf(error, 'some.db')).toHaveProperty('message', expect.stringContaining(words));
    expect(faultOf(error, 'some.db')).toHaveProperty('message', expect.stringContaining('some.db'));
  });

  it.each([
    [5, true],
    [6, true],
    [26, false],
  ])('given result code %i, says that the fault itself names the step: %s', (errcode, namesStep) => {
    expect(faultOf(sqliteError(errcode), 'some.db')).toMatchObject({ namesStep });
  });

  it('given a fault, or an error that is not of SQLite or not of operating it, hands it back', () => {
    const conflict = new Conflict({ subject: 'tenant/a', since: 0, found: 1 });
    for (const error of [conflict, new TypeError('ours'), sqliteError(1), 'text']) {
      expect(faultOf(error, 'some.db')).toBe(error);
    }
  });

  it.each([
    ['a flush that failed', 1034, true],
    ['any other failure of the device', 10, true],
    ['a write to the log that failed', 778, false],
    ['a full disk', 13, false],
    ['a lock', 5, false],
  ])('given %s at commit (%i), it may have been kept all the same: %s', (_, errcode, may) => {
    expect(mayHaveCommitted(sqliteError(errcode))).toBe(may);
  });
});
