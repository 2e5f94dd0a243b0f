import type { Retention } from '../../ledger/store.ts';
import { placeOf } from '../advice/ledger-place.ts';
import { adviceOnRetentions } from '../advice/on-finding.ts';
import type { Examination } from '../examination.ts';
import { attempt, fail, failed, ok, type Check } from './check.ts';

/** Tells that the server answered, and whether a setting lets it give up entries. A ledger in a file has no such settings. */
export async function checkServer(examination: Examination): Promise<Check[]> {
  const { where, retentions } = examination;
  if (retentions === undefined) return [];
  const retention = await attempt('retention', async () => judge(await retentions()), {
    place: placeOf(examination),
  });
  return [ok('server', `${where} answers`), retention];
}

/** A server that could not be asked which ledger it holds. */
export function unreachable(error: unknown): Check {
  return failed('server', error, { doing: 'asking a server' });
}

function judge(retentions: readonly Retention[]): Check {
  if (retentions.length === 0)
    return ok('retention', 'the streams of the ledger are set up to keep every entry');
  const detail = retentions.map(({ words }) => words).join('; ');
  return fail('retention', detail, { advice: adviceOnRetentions(retentions), category: 'integrity' });
}
