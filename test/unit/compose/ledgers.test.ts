import { describe, expect, it } from 'vitest';
import { shownUrl, storeAt, storeOf } from '../../../src/compose/ledgers.ts';
import { BadConfig } from '../../../src/runtime/config.ts';

describe('the store of a ledger URL', () => {
  it.each([
    ['sqlite:./ledger.db', { kind: 'file', derived: './ledger.db.d' }],
    ['esdb://localhost:2113?tls=false', { kind: 'server', derived: '.isoledger/ID' }],
    ['esdb+discover://localhost:2113', { kind: 'server', derived: '.isoledger/ID' }],
    ['sqlite:', undefined],
    ['esdb://', undefined],
    ['http://localhost', undefined],
  ])('of %s is %j', (url, expected) => {
    expect(storeAt(url)).toEqual(expected);
  });

  it('given a URL of none, is refused with the forms of all', () => {
    expect(() => storeOf('esbd://ada:secret@localhost')).toThrow(BadConfig);
    expect(() => storeOf('esbd://ada:secret@localhost')).toThrow(
      'esbd://localhost is no ledger URL; it has the form sqlite:PATH, as in sqlite:./.isoledger/ledger.db, or esdb://HOST:PORT',
    );
  });

  it.each([
    ['sqlite:/home/a@b/ledger.db', 'sqlite:/home/a@b/ledger.db'],
    ['esdb://ada:secret@localhost:2113', 'esdb://localhost:2113'],
    ['esbd://ada:secret@localhost:2113', 'esbd://localhost:2113'],
    ['sqlite:', 'sqlite:'],
  ])('%s is shown as %s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });
});
