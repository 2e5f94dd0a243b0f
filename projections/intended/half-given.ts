import { tenantOf } from '../../events/names.ts';
import { consentsOf, type Judged } from './consents.ts';
import type { Intended } from './intended.ts';
import { difference, isNothing, type Traffic } from './traffic.ts';

/**
 * Traffic that one side of a pair allows and the other does not. It is legal, and grants nothing until the other side
 * consents.
 */
export interface HalfGiven {
  readonly from: string;
  readonly to: string;
  readonly traffic: Traffic;
  /** The tenant whose rule is missing. */
  readonly waitingFor: string;
}

/** Every half-given consent. A rule for `*` waits for no tenant in particular, and an external need not consent. */
export function* halfGiven(intended: Intended, judged: Judged): Iterable<HalfGiven> {
  for (const { from, to, egress, ingress, invited } of consentsOf(intended, judged)) {
    const [sender, receiver] = [tenantOf(from), tenantOf(to)];
    if (sender === undefined || receiver === undefined) continue;
    const asked = difference(egress.traffic, ingress.traffic);
    if (!isNothing(asked)) yield { from, to, traffic: asked, waitingFor: receiver };
    const offered = difference(invited, egress.traffic);
    if (!isNothing(offered)) yield { from, to, traffic: offered, waitingFor: sender };
  }
}
