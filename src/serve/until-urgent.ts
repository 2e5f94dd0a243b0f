import type { ApplierContext } from '../apply/drive/applier-context.ts';
import { driverThrough } from '../overlay/driver-through.ts';
import { StandsStill } from '../overlay/faults.ts';
import { isAnswered, urgentMarkMsMax } from '../overlay/in-time.ts';
import { aborted } from '../runtime/aborted.ts';
import type { Clock } from '../runtime/clock.ts';

/** How long a host may take to say what it was asked, once somebody is to be cut off, in milliseconds. */
const askedMsMax = 100;

/**
 * A round that is over soon once somebody is to be cut off, as a signal says: hosts that answer end what they have in hand, one that does
 * not is away, and nothing else is begun. Whoever comes next asks them again, so that no failure of theirs is recorded.
 */
export function untilUrgent(context: ApplierContext, urgent: AbortSignal): ApplierContext {
  const { clock, driverOn, reported } = context;
  return {
    ...context,
    reported: {
      has: (failure) => urgent.aborted || reported.has(failure),
      add: (failure) => reported.add(failure),
    },
    driverOn: (estate) =>
      driverThrough(driverOn(estate), async (host, ask, call) => {
        if (!urgent.aborted) {
          const answer = ask();
          const graceMs = call === 'apply' ? urgentMarkMsMax : askedMsMax;
          if (await isAnsweredBefore(answer, urgent, { clock, graceMs })) return answer;
        }
        throw new StandsStill(`somebody is to be cut off first, and host ${host} is asked again after that`);
      }),
  };
}

/** Whether a call is answered, with whatever, before a signal aborts, or so soon after that. */
async function isAnsweredBefore(
  call: Promise<unknown>,
  signal: AbortSignal,
  { clock, graceMs }: { readonly clock: Clock; readonly graceMs: number },
): Promise<boolean> {
  const answered = Promise.allSettled([call]).then(() => true);
  if (await Promise.race([answered, aborted(signal).then(() => false)])) return true;
  return isAnswered(call, clock, graceMs);
}
