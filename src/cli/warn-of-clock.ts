import { clockAheadOf } from '../tasks/clock-ahead.ts';
import { confirmLast } from '../tasks/workspace.ts';
import { clockAheadWords } from '../words/clock-words.ts';
import { say } from '../words/shown.ts';
import type { Session } from './session.ts';

/** Tells whoever is about to write, or asks what writing would come to, that the ledger is ahead of this machine's clock, if it is. Throws as confirmLast. */
export async function warnOfClock(session: Session): Promise<void> {
  const ahead = await clockAheadOf(session);
  if (ahead === undefined) return;
  await confirmLast(session);
  session.io.err(say`isoledger: ${clockAheadWords(ahead)}\n`);
}
