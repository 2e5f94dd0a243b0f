/** The mark of our ledger files (the letters ISLG). */
export const applicationId = 0x49_53_4c_47;

/** The format of a new ledger: its head is the number of its entries, written with the last of them. */
export const formatVersion = 3;

/**
 * The format before, of the same tables. Its programs wrote the head with every thousandth entry and when they left, so that it lags
 * where one was killed. Such a file stays what it is, whoever writes to it: those programs may go on with it.
 */
export const laggingFormatVersion = 2;

/**
 * Entries, and values that follow from them: the subject that each is filed under, its share in the Merkle tree, and
 * the idempotency keys. The share (`subtree`) is the root of the largest complete subtree whose last leaf is the
 * entry. So each hash of the tree's frontier lies in one row. The head is the number of entries: a ledger shows that it lost
 * some, or that somebody changed that number. Subjects have no index, which would be
 * more pages for each append.
 *
 * The triggers keep every ordinary connection from rewriting history. INSERT OR REPLACE deletes without asking the
 * triggers on DELETE, so each table also refuses to insert a row that is there. A person who may write the file can
 * drop the triggers or patch its bytes. That is not prevented here: a replay against a cursor or a checkpoint finds
 * it.
 */
export const schema = `
CREATE TABLE ledger (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL
) STRICT;

CREATE TABLE entry (
  seq INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  subtree BLOB NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE idempotency_key (
  key TEXT PRIMARY KEY,
  content TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  size INTEGER NOT NULL
) STRICT;

CREATE TRIGGER entry_in_order BEFORE INSERT ON entry
WHEN NEW.seq <> (SELECT coalesce(max(seq), -1) + 1 FROM entry)
BEGIN SELECT RAISE(ABORT, 'an entry comes only after the last one'); END;

CREATE TRIGGER key_once BEFORE INSERT ON idempotency_key
WHEN EXISTS (SELECT 1 FROM idempotency_key WHERE key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'an idempotency key is remembered for ever'); END;

CREATE TRIGGER ledger_once BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger)
BEGIN SELECT RAISE(ABORT, 'a ledger keeps its id'); END;

CREATE TRIGGER head_once BEFORE INSERT ON head
WHEN EXISTS (SELECT 1 FROM head)
BEGIN SELECT RAISE(ABORT, 'a ledger has one head'); END;

CREATE TRIGGER head_forward BEFORE UPDATE ON head
WHEN NEW.size <= OLD.size OR NEW.size > (SELECT coalesce(max(seq), -1) + 1 FROM entry)
BEGIN SELECT RAISE(ABORT, 'the head only moves with the entries'); END;
${['entry', 'idempotency_key', 'ledger'].map((table) => refuse('UPDATE', table)).join('\n')}
${['entry', 'idempotency_key', 'ledger', 'head'].map((table) => refuse('DELETE', table)).join('\n')}
`;

function refuse(statement: 'UPDATE' | 'DELETE', table: string): string {
  return `CREATE TRIGGER ${table}_no_${statement.toLowerCase()} BEFORE ${statement} ON ${table}
BEGIN SELECT RAISE(ABORT, 'what a ledger holds is never changed'); END;`;
}
