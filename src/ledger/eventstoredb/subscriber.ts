import type { StreamSubscription, SubscribeToStreamOptions } from '@eventstore/db-client';
import type { StoredEntry } from '../../../events/codec/decode.ts';
import type { SubscribeOptions, SubscriptionItem } from '../port.ts';
import { readOn } from './continuation.ts';
import { EffectiveEntries } from './effective-entries.ts';
import type { StreamPlace } from './reader.ts';

const pageEntries = 256;
/** How long to wait, in the mean, before a subscription that was dropped is made again. */
const pauseMilliseconds = 200;

/** The part of the client that subscribes. */
export interface SubscribingClient {
  subscribeToStream(streamName: string, options?: SubscribeToStreamOptions): StreamSubscription;
}

export interface SubscribablePlace extends StreamPlace {
  readonly client: StreamPlace['client'] & SubscribingClient;
}

/**
 * Entries after a seq, then the ones to come. They are read in pages, as fast as the consumer takes them, so that none is
 * lost and no buffer grows; a subscription at the server only tells when there is something to read. Where it ends (the
 * server drops it, or is gone) reading goes on from the last seq.
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

/** Asked in a function, since the compiler takes the signal for unchanged across a yield. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Returns when there may be an entry after one, or the signal aborts. */
async function somethingAfter(
  { client, stream, patience }: SubscribablePlace,
  { seen, signal }: { seen: number; signal: AbortSignal },
): Promise<void> {
  const options = seen < 0 ? {} : { fromRevision: BigInt(seen) };
  const sign = await firstSign(client.subscribeToStream(stream, options), signal);
  if (sign === 'entry') return;
  // With jitter: those who lost a server together do not come back together.
  await patience.clock.sleep(pauseMilliseconds * (0.5 + Math.random()), signal);
}

/** What came first of a subscription, which is then given up. */
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
