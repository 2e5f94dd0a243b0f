import type { Retention } from '../../ledger/store.ts';
import type { Examination } from '../../tasks/examination.ts';
import { exitCode } from '../exit.ts';
import { attempt, fail, failed, ok, storeOf, type Check } from './check.ts';

/** That the server answered, and whether it is told to let entries go. There is nothing of this to look at in a file. */
export async function checkServer(examination: Examination): Promise<Check[]> {
  const { where, retentions } = examination;
  if (retentions === undefined) return [];
  const retention = await attempt('retention', async () => judge(await retentions()), {
    store: storeOf(examination),
  });
  return [ok('server', `${where} answers`), retention];
}

/** A server that could not be asked which ledger it holds. */
export function unreachable(error: unknown): Check {
  return failed('server', error, { advice: whatAServerNeeds });
}

const whatAServerNeeds =
  'mend it on the server, or in its URL (--ledger, ISOLEDGER_LEDGER or the configuration); infra/eventstoredb/README.md says how a server is run';

function judge(retentions: readonly Retention[]): Check {
  if (retentions.length === 0)
    return ok('retention', 'the streams of the ledger are set up to keep every entry');
  const advice = retentions.some(({ isFinal }) => isFinal) ? putBack : takeAway;
  const detail = retentions.map(({ words }) => words).join('; ');
  return fail('retention', detail, { advice, exitCode: exitCode.integrity });
}

const takeAway =
  'an admin takes it away with infra/eventstoredb/protect.js, before a scavenge runs; then isoledger doctor again, to see whether all entries are there; find out who it was';

const putBack =
  'nothing takes a deletion for good back: infra/eventstoredb/README.md says under Restore what a backup can do; find out who it was';
