import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Clock } from '../../runtime/clock.ts';
import type { FeedItem } from './feed.ts';

export interface EventsToSend {
  readonly out: Writable;
  readonly items: AsyncIterable<FeedItem>;
  /** The last entry that the reader has. */
  readonly after: number;
  /** One line that says that the ledger is alive. */
  readonly heartbeat: () => Promise<string>;
  readonly clock: Clock;
  /** Ends the items too. */
  readonly signal: AbortSignal;
}

/** `over`: the items came to their end. `slow`: the reader took nothing for so long that it was given up. */
export type SendingEnd = 'over' | 'slow';

/** How often a reader hears that the ledger is alive, in milliseconds. */
const heartbeatMs = 30_000;
/** How long a reader may take nothing while something waits for it, in milliseconds. */
const slowMsMax = 20_000;

/**
 * Sends events as server-sent events: the id of each is its seq, from which the reader goes on. No more is read than the reader takes.
 * A slow one is told where to go on, and returned from. Throws what reading the items throws.
 */
export async function sendEvents({ out, items, after, ...means }: EventsToSend): Promise<SendingEnd> {
  const over = new AbortController();
  const signal = AbortSignal.any([means.signal, over.signal]);
  let last = after;
  out.write('retry: 2000\n\n');
  const beating = beat({ ...means, out, signal, lastOf: () => last });
  try {
    for await (const { seq, words } of items) {
      last = seq;
      if (words === undefined) continue;
      out.write(`id: ${String(seq)}\ndata: ${words}\n\n`);
      if (await isTaken(out, { clock: means.clock, signal })) continue;
      if (signal.aborted) return 'over';
      out.write(`event: dropped\ndata: ${JSON.stringify({ next: seq })}\n\n`);
      return 'slow';
    }
    return 'over';
  } finally {
    over.abort();
    await beating;
  }
}

/** What was left out moves the reader on here: an id without an event. */
async function beat(of: {
  readonly out: Writable;
  readonly lastOf: () => number;
  readonly heartbeat: () => Promise<string>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<void> {
  for (;;) {
    await of.clock.sleep(heartbeatMs, of.signal);
    if (of.signal.aborted) return;
    // A ledger that does not answer just now ends no stream: whoever reads it hears of it there.
    const line = await of.heartbeat().catch(() => undefined);
    if (line === undefined || of.out.writableNeedDrain || of.out.destroyed) continue;
    const last = of.lastOf();
    of.out.write(`${last < 0 ? '' : `id: ${String(last)}\n`}event: heartbeat\ndata: ${line}\n\n`);
  }
}

/** Whether the reader has taken what was written, in time. */
async function isTaken(
  out: Writable,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  if (!out.writableNeedDrain) return true;
  const waiting = new AbortController();
  const either = AbortSignal.any([signal, waiting.signal]);
  const taken = once(out, 'drain', { signal: either }).then(
    () => true,
    () => false,
  );
  const late = clock.sleep(slowMsMax, either).then(() => false);
  try {
    return await Promise.race([taken, late]);
  } finally {
    waiting.abort();
  }
}
