import type { LedgerReader } from '../../ledger/port.ts';
import type { WallClock } from '../../runtime/clock.ts';
import { count, listWords } from '../../words/lists.ts';
import { holderWords } from '../../words/holder-words.ts';
import { vouchedWords } from '../../words/vouched-words.ts';
import { vouchedFor } from '../advice/on-finding.ts';
import { openExposures, type Exposures } from '../exposures.ts';
import { fail, warn, type Check } from './check.ts';

/**
 * What hosts may let through beyond what is authorised, as the verifier finds it, whether or not a plan is there that takes
 * it away. Nothing where it finds nothing.
 */
export async function checkExposures(of: { ledger: LedgerReader; clock: WallClock }): Promise<Check[]> {
  const { open, isLateUnknown, vouched } = await openExposures(of);
  const within = open.filter(({ kind }) => kind === 'pending-revocation');
  const limit = isLateUnknown
    ? 'and how late cannot be told, since the ledger is ahead of the clock'
    : 'within the limit';
  const beyond = open.filter(({ kind }) => kind !== 'pending-revocation');
  return [
    ...(beyond.length === 0
      ? []
      : [
          fail(
            'isolation',
            `${count(beyond.length, 'connection')} beyond what is authorised: ${pairs(beyond)}`,
            {
              advice:
                'isoledger verify shows each with a packet; isoledger sync takes it away where no shard is held',
              category: 'finding',
            },
          ),
        ]),
    ...(within.length === 0
      ? []
      : [
          warn(
            'isolation',
            `${count(within.length, 'revocation')} not everywhere yet, ${limit}: ${pairs(within)}`,
            'isoledger sync drives it where no shard is held',
          ),
        ]),
    ...vouched.map((word) => warn(`host ${word.host}`, vouchedWords(word), vouchedFor)),
  ];
}

function pairs(open: Exposures['open']): string {
  const words = open.map(
    ({ from, to, former }) => `${holderWords(from, former?.from)} -> ${holderWords(to, former?.to)}`,
  );
  return listWords([...new Set(words)]);
}
