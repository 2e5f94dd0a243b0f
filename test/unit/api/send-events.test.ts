import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { FeedItem } from '../../../src/api/feed/feed.ts';
import { sendEvents } from '../../../src/api/feed/send-events.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';

/** A reader that takes what it is sent, until it does not any more. */
class Reader extends Writable {
  text = '';
  isAsleep = false;

  constructor() {
    super({ highWaterMark: 100 });
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.text += bytes.toString();
    if (!this.isAsleep) done();
  }
}

async function* many(onGiven: (seq: number) => void): AsyncGenerator<FeedItem> {
  for (let seq = 0; ; seq += 1) {
    onGiven(seq);
    yield await Promise.resolve({ seq, words: seq % 2 === 0 ? 'x'.repeat(40) : undefined });
  }
}

const heartbeat = (): Promise<string> => Promise.resolve('alive');

describe('sending events', () => {
  it('reads no more than a reader takes, and tells one that takes nothing where to go on', async () => {
    const clock = new ManualClock();
    const out = new Reader();
    out.isAsleep = true;
    let given = -1;
    const items = many((seq) => (given = seq));
    const over = new AbortController();
    const sent = sendEvents({ out, items, after: -1, heartbeat, clock, signal: over.signal });
    await expect.poll(() => out.writableNeedDrain).toBe(true);
    await new Promise(setImmediate);
    const stoodAt = given;
    clock.pass(19_999);
    await new Promise(setImmediate);
    expect(given).toBe(stoodAt);
    clock.pass(1);
    expect(await sent).toBe('slow');
    expect(given).toBe(stoodAt);
    const buffered = new Promise((resolve) => out.once('finish', resolve));
    out.isAsleep = false;
    out.destroy();
    void buffered;
  });

  it('says that it is alive, and moves the reader on past what it did not ask for', async () => {
    const clock = new ManualClock();
    const out = new Reader();
    const over = new AbortController();
    async function* one(): AsyncGenerator<FeedItem> {
      yield { seq: 3, words: 'event' };
      yield { seq: 4, words: undefined };
      await clock.sleep(1e9, over.signal);
    }
    const sent = sendEvents({ out, items: one(), after: 2, heartbeat, clock, signal: over.signal });
    await expect.poll(() => out.text).toContain('data: event\n\n');
    clock.pass(30_000);
    await expect.poll(() => out.text).toContain('alive');
    over.abort();
    expect(await sent).toBe('over');
    expect(out.text).toBe('retry: 2000\n\nid: 3\ndata: event\n\nid: 4\nevent: heartbeat\ndata: alive\n\n');
  });
});
