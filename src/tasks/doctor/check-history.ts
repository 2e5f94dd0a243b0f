import { lanes } from '../../../projections/isolation/judging/lanes.ts';
import { folderOfHistory } from '../../ledger/derived.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { engineDigest } from '../../verify/engine-digest.ts';
import { examineHistory } from '../../verify/history/examine-history.ts';
import { count } from '../../words/lists.ts';
import type { Examination } from '../examination.ts';
import { ok, warn, type Check } from './check.ts';

const name = 'history';

/** Whether what the verifier kept of its answers is what it wrote. One that is not is never used: it is built anew. */
export function checkHistory(
  { statePath }: Pick<Examination, 'statePath'>,
  ledger: Pick<LedgerReader, 'id'>,
): Check {
  const history = { folder: folderOfHistory(statePath), engine: engineDigest };
  const found = lanes.map((lane) => ({ lane, of: examineHistory(ledger, { lane, history }) }));
  const damaged = found.flatMap(({ lane, of }) =>
    of?.kind === 'damaged' ? [`that of ${lane} is not what was written (${of.why})`] : [],
  );
  if (damaged.length > 0)
    return warn(
      name,
      `in ${history.folder}, ${damaged.join('; ')}`,
      'no answer rests on it; find out who or what changed it, then isoledger verify --from seq:1 --to now on that lane builds it anew',
    );
  const kept = found.flatMap(({ lane, of }) => {
    if (of === undefined) return [];
    const size = of.kind === 'sound' ? `up to ${count(of.size, 'entry', 'entries')}` : 'not used';
    return [`${lane} (${size})`];
  });
  return ok(name, kept.length === 0 ? 'nothing is kept of answers' : `kept of answers: ${kept.join(', ')}`);
}
