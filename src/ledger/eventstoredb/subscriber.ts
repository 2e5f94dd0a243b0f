import type { StreamSubscription, SubscribeToStreamOptions } from '@eventstore/db-client';
import type { StoredEntry } from '../../../events/entry.ts';
import type { SubscribeOptions, SubscriptionItem } from '../port.ts';
import { readOn } from './continuation.ts';
import { EffectiveEntries } from './effective-entries.ts';
import type { StreamPlace } from './reader.ts';

const pageEntries = 256;
/** The mean pause before a dropped subscription is made again. */
const pauseMilliseconds = 200;

/** The part of the client that subscribes. */
export interface SubscribingClient {
  subscribeToStream(streamName: string, options?: SubscribeToStreamOptions): StreamSubscription;
}

export interface SubscribablePlace extends StreamPlace {
  readonly client: StreamPlace['client'] & SubscribingClient;
}

/**
 * Entries after a seq, then the entries to come. They are read in pages, as fast as the consumer takes them: no entry
 * is lost, and no buffer grows. A subscription at the server only tells that there is something to read. If it ends
 * (the server drops it, or is gone), reading goes on from the last seq.
 */
export async function* subscribe(
  place: SubscribablePlace,
  { after, filter, signal }: SubscribeOptions,
): AsyncGenerator<SubscriptionItem, void, undefined> {
  const effective = new EffectiveEntries();
  let last: StoredEntry | undefined;
  let caughtUp = false;
  while (!signal.aborted) {
    const page = await readOn(place, { last, from: after + 1, count: pageEntries });
    const wanted = filter === undefined ? page : page.flatMap((entry) => effective.take(entry, filter));
    if (caughtUp && wanted.length > 0) yield { kind: 'fell-behind' };
    caughtUp &&= wanted.length === 0;
    for (const entry of wanted) {
      if (isAborted(signal)) return;
      yield { kind: 'entry', entry };
    }
    last = page.at(-1) ?? last;
    if (page.length > 0) continue;
    if (!caughtUp) yield { kind: 'caught-up' };
    caughtUp = true;
    if (!isAborted(signal)) await somethingAfter(place, { seen: last?.seq ?? after, signal });
  }
}

/** A function of its own, since the compiler takes the signal for unchanged across a yield. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Returns when there may be an entry after `seen`, or the signal aborts. */
async function somethingAfter(
  { client, stream, patience }: SubscribablePlace,
  { seen, signal }: { seen: number; signal: AbortSignal },
): Promise<void> {
  const options = seen < 0 ? {} : { fromRevision: BigInt(seen) };
  const sign = await firstSign(client.subscribeToStream(stream, options), signal);
  if (sign === 'entry') return;
  // With jitter: clients that lost a server together do not come back together.
  await patience.clock.sleep(pauseMilliseconds * (0.5 + Math.random()), signal);
}

/** The first sign of a subscription, which is then given up. */
function firstSign(subscription: StreamSubscription, signal: AbortSignal): Promise<'entry' | 'ended'> {
  return new Promise((resolve) => {
    const settle = (sign: 'entry' | 'ended'): void => {
      signal.removeEventListener('abort', stop);
      resolve(sign);
      void subscription.unsubscribe().catch(() => undefined);
    };
    const stop = (): void => {
      settle('ended');
    };
    signal.addEventListener('abort', stop);
    subscription
      .on('data', () => {
        settle('entry');
      })
      .on('error', stop)
      .on('end', stop);
  });
}
