import { digestOf } from '../../../events/codec/canonical.ts';
import { draftOf, type EventDraft } from '../../../events/draft.ts';
import type { Actor } from '../../../events/entry.ts';
import type { Policy } from '../../../events/estate.ts';
import type { Ledger } from '../../../src/ledger/port.ts';

const actor: Actor = { name: 'ada', authenticated: 'os-user' };
/** Lengthens a ledger to a number of entries, by policies that are enacted again with and without their last rule. */
export async function lengthen(
  ledger: Ledger,
  { policies, entries, batch }: { policies: readonly Policy[]; entries: number; batch: number },
): Promise<void> {
  const { size } = await ledger.head();
  const missing = entries - size;
  for (let first = 0; first < missing; first += batch) {
    const count = Math.min(batch, missing - first);
    const events = Array.from({ length: count }, (_, index) => enacted(policies, first + index));
    await ledger.append({ events, actor });
  }
}

function enacted(policies: readonly Policy[], turn: number): EventDraft {
  const known = policies[turn % policies.length];
  if (known === undefined) throw new RangeError('no policy to enact');
  const isOdd = Math.floor(turn / policies.length) % 2 === 1;
  const policy = isOdd ? known : { ...known, egress: known.egress.slice(0, -1) };
  return draftOf({ type: 'PolicyEnacted', data: { policy, digest: digestOf(policy) } });
}
