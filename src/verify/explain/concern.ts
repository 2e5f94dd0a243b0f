import type { Pair } from '../../../projections/isolation/pair.ts';
import { only } from '../../../projections/isolation/judging/contacts.ts';
import { seatsOf } from '../../../projections/isolation/judging/seats.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import type { IsolationState } from '../../../projections/isolation/state.ts';

/**
 * True if a gap concerns the ends of pairs: what one of their hosts holds, now or once their own, what its shard was told,
 * who has one of their addresses, or whether a rule of theirs has opened. `gaps` are those of a question about these pairs. One of the ledger is none of these.
 */
export function concernsEnds(gaps: readonly Gap[], pairs: readonly Pair[], state: IsolationState): boolean {
  const hosts = new Set(seatsOf(state.documents, only(pairs).end).map(({ host }) => host));
  const shards = new Set([...hosts].flatMap((host) => state.hosts.setsOf(host).map(({ shard }) => shard)));
  return gaps.some(({ kind, about }) => {
    switch (kind) {
      case 'ledger':
        return false;
      case 'clock':
      case 'address':
        return true;
      case 'plan':
        return shards.has(about);
      case 'drift':
      case 'bypass':
        return hosts.has(about.replace('host/', ''));
      case 'interface':
        return hosts.has(about.slice(0, about.indexOf('/')));
      case 'acknowledgement':
        return hosts.has(about);
    }
  });
}
