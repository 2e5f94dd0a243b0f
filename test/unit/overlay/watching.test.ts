import { describe, expect, it } from 'vitest';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { HostMark, OutsideChange } from '../../../src/overlay/port.ts';
import { watchHost, type Happenings } from '../../../src/overlay/watching.ts';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';

const nothing: HostMark = { kind: 'nothing' };
const unreadable: HostMark = { kind: 'unreadable', problem: 'torn' };

function marked(plan: number): HostMark {
  return { kind: 'marked', plan, digest: String(plan), objects: plan };
}

/** A host whose mark and events a test says, and what is told of it. */
class WatchedDouble {
  readonly clock = new ManualClock();
  readonly stop = new AbortController();
  readonly told: OutsideChange[] = [];
  marks = 0;
  isListening = false;
  mark: () => Promise<HostMark>;
  happenings: Happenings | undefined;
  over: Promise<void> | undefined;
  caughtUp: (() => Promise<void>) | undefined;
  beforeListening = (): void => undefined;

  constructor(mark: HostMark) {
    this.mark = () => Promise.resolve(mark);
  }

  async begin(): Promise<this> {
    this.over = this.#take(await this.watch());
    this.over.catch(() => undefined);
    return this;
  }

  watch(): Promise<AsyncIterable<OutsideChange>> {
    return watchHost({
      host: 'hv-1',
      clock: this.clock,
      signal: this.stop.signal,
      mark: () => {
        this.marks++;
        return this.mark();
      },
      listen: async (happenings, signal) => {
        await nextTurn();
        this.happenings = happenings;
        this.isListening = !signal.aborted;
        signal.addEventListener('abort', () => {
          this.isListening = false;
        });
        this.beforeListening();
        return this.caughtUp === undefined ? {} : { caughtUp: async () => this.caughtUp?.() };
      },
    });
  }

  is(mark: HostMark): void {
    this.mark = () => Promise.resolve(mark);
  }

  tell(what = 'a file was changed'): void {
    this.happenings?.tell(what);
  }

  /** The next mark is read as what it was before something happened. */
  readBefore(happens: () => void): void {
    const { mark } = this;
    this.mark = () => {
      this.mark = mark;
      const read = mark();
      happens();
      return read;
    };
  }

  async pass(milliseconds: number): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    this.clock.pass(milliseconds);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
  }

  async settle(): Promise<void> {
    for (let time = 0; time < 5; time++) await this.pass(100);
  }

  async #take(changes: AsyncIterable<OutsideChange>): Promise<void> {
    for await (const change of changes) this.told.push(change);
  }
}

describe('what was heard at a host', () => {
  it('is told in words, many as one, where the mark is what it was', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    watched.tell();
    await watched.settle();
    for (const what of ['a first', 'a second', 'a third']) watched.tell(what);
    await watched.settle();
    expect(watched.told).toEqual([
      { host: 'hv-1', what: 'a file was changed' },
      { host: 'hv-1', what: 'a first, and 2 more' },
    ]);
  });

  it('costs one mark, however much it is', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    for (let time = 0; time < 1_000; time++) watched.tell();
    await watched.settle();
    expect(watched.marks).toBe(2);
  });

  it.each<[from: HostMark, to: HostMark, isTold: boolean]>([
    [marked(1), marked(2), false],
    [nothing, marked(1), false],
    [unreadable, marked(1), false],
    [nothing, nothing, false],
    [marked(2), marked(1), true],
    [marked(1), marked(1), true],
    [marked(1), nothing, true],
    [marked(1), unreadable, true],
    [nothing, unreadable, true],
    [unreadable, unreadable, true],
  ])('between the marks %j and %j is told: %#', async (from, to, isTold) => {
    const watched = await new WatchedDouble(from).begin();
    watched.is(to);
    watched.tell();
    await watched.settle();
    expect(watched.told).toHaveLength(isTold ? 1 : 0);
    // Whatever it was, it counts once.
    watched.is(marked(9));
    watched.tell();
    await watched.settle();
    expect(watched.told).toHaveLength(isTold ? 1 : 0);
  });

  it('without an end is told after a second', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    for (let time = 0; time < 24; time++) {
      watched.tell();
      await watched.pass(50);
    }
    expect(watched.told).toHaveLength(1);
  });

  it('goes on after the mark was led on, and is still no change of others; later it is', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    watched.is(marked(2));
    for (let time = 0; time < 60; time++) {
      watched.tell();
      await watched.pass(50);
    }
    await watched.settle();
    expect(watched.told).toEqual([]);
    watched.tell();
    await watched.settle();
    expect(watched.told).toHaveLength(1);
  });

  it.each<[from: HostMark, to: HostMark, isTold: boolean]>([
    [marked(1), marked(1), false],
    [marked(1), marked(2), false],
    [nothing, nothing, false],
    [marked(2), marked(1), true],
    [marked(1), nothing, true],
    [marked(1), unreadable, true],
    [unreadable, unreadable, true],
  ])('of drivers alone, between the marks %j and %j, is told: %#', async (from, to, isTold) => {
    const watched = await new WatchedDouble(from).begin();
    watched.is(to);
    watched.happenings?.tellOurs('a bridge came');
    await watched.settle();
    expect(watched.told).toHaveLength(isTold ? 1 : 0);
    watched.tell();
    await watched.settle();
    expect(watched.told).toHaveLength((isTold ? 1 : 0) + (to.kind === 'nothing' ? 0 : 1));
  });

  it('of a driver that leads the mark on while that is read is no change of others', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    watched.readBefore(() => {
      watched.is(marked(2));
      watched.tell();
    });
    watched.happenings?.tellOurs('a bridge came');
    await watched.settle();
    expect(watched.told).toEqual([]);
  });

  it('once the mark was led on a second time, before all of the first was heard, is of others', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    watched.is(marked(2));
    watched.tell();
    await watched.pass(100);
    await watched.pass(50);
    watched.is(marked(3));
    watched.tell();
    await watched.settle();
    expect(watched.told).toEqual([]);
    watched.tell();
    await watched.settle();
    expect(watched.told).toHaveLength(1);
  });

  it('of others is told together with a change that led the mark on meanwhile, and the next as well', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    watched.tell('a first');
    await watched.pass(100);
    await watched.pass(0);
    watched.tell('a second');
    watched.is(marked(2));
    watched.readBefore(() => {
      watched.is(marked(3));
      watched.tell('a third');
    });
    await watched.settle();
    expect(watched.told).toEqual([{ host: 'hv-1', what: 'a first, and 2 more' }]);
    watched.tell('a fourth');
    await watched.settle();
    expect(watched.told).toHaveLength(2);
  });

  it('without an end, while the mark is led on, is told once that takes too long', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    watched.is(marked(2));
    for (let time = 0; time < 160; time++) {
      watched.tell();
      await watched.pass(50);
      if (time < 100) expect(watched.told).toEqual([]);
    }
    expect(watched.told.length).toBeGreaterThan(0);
  });

  it('while each mark is read is told all the same', async () => {
    const watched = await new WatchedDouble(marked(1)).begin();
    watched.mark = () => {
      watched.tell();
      watched.clock.pass(300);
      return Promise.resolve(marked(1));
    };
    watched.tell();
    await watched.settle();
    expect(watched.told.length).toBeGreaterThan(0);
  });

  it('before it is watched counts for nothing', async () => {
    const watched = new WatchedDouble(marked(1));
    watched.beforeListening = () => {
      watched.tell();
    };
    await watched.begin();
    await watched.settle();
    expect(watched.told).toEqual([]);
  });
});

describe('what was heard at a host that says when all of it was', () => {
  it('right behind a change that led the mark on is of others', async () => {
    const watched = new WatchedDouble(marked(1));
    watched.caughtUp = nextTurn;
    await watched.begin();
    watched.is(marked(2));
    watched.tell();
    await watched.pass(0);
    expect(watched.told).toEqual([]);
    watched.tell('a flow went');
    await watched.settle();
    expect(watched.told).toEqual([{ host: 'hv-1', what: 'a flow went' }]);
  });

  it('is part of that change for as long as it is on its way', async () => {
    const watched = new WatchedDouble(marked(1));
    watched.caughtUp = nextTurn;
    await watched.begin();
    watched.is(marked(2));
    let onItsWay = 50;
    watched.caughtUp = async () => {
      await nextTurn();
      if (onItsWay-- > 0) watched.tell();
    };
    watched.tell();
    await watched.settle();
    expect(watched.told).toEqual([]);
  });

  it('before it is watched counts for nothing, and what led the mark on by then no less', async () => {
    const watched = new WatchedDouble(marked(1));
    const heard = Promise.withResolvers<undefined>();
    watched.caughtUp = () => heard.promise;
    const begun = watched.begin();
    await watched.pass(0);
    watched.is(marked(2));
    watched.tell();
    watched.caughtUp = nextTurn;
    heard.resolve(undefined);
    await begun;
    watched.tell('a flow went');
    await watched.settle();
    expect(watched.told).toEqual([{ host: 'hv-1', what: 'a flow went' }]);
  });
});

describe('watching a host', () => {
  it('ends on abort while nothing comes, while more is waited for, and while the mark is read', async () => {
    const resting = await new WatchedDouble(marked(1)).begin();
    const waiting = await new WatchedDouble(marked(1)).begin();
    const reading = await new WatchedDouble(marked(1)).begin();
    waiting.tell();
    await waiting.pass(0);
    const answer = Promise.withResolvers<HostMark>();
    reading.mark = () => answer.promise;
    reading.tell();
    await reading.settle();
    for (const watched of [resting, waiting, reading]) watched.stop.abort();
    answer.reject(new OverlayUnavailable('cut off'));
    for (const watched of [resting, waiting, reading]) {
      await watched.over;
      expect(watched.isListening).toBe(false);
    }
  });

  it('ends once nobody takes any more', async () => {
    const watched = new WatchedDouble(marked(1));
    const changes = (await watched.watch())[Symbol.asyncIterator]();
    const first = changes.next();
    watched.tell();
    await watched.settle();
    expect(await first).toMatchObject({ done: false });
    expect(watched.isListening).toBe(true);
    await changes.return?.();
    expect(watched.isListening).toBe(false);
  });

  it('throws what it failed with first, and what the mark does, and listens no longer', async () => {
    const failing = await new WatchedDouble(marked(1)).begin();
    failing.happenings?.fail(new OverlayUnavailable('lost'));
    failing.happenings?.fail(new OverlayUnavailable('lost again'));
    await expect(failing.over).rejects.toThrow(/^lost$/);
    const away = await new WatchedDouble(marked(1)).begin();
    away.mark = () => Promise.reject(new OverlayUnavailable('away'));
    away.tell();
    await away.settle();
    await expect(away.over).rejects.toThrow('away');
    expect([failing.isListening, away.isListening]).toEqual([false, false]);
  });

  it('does not begin where the mark cannot be read; ended before, it tells nothing', async () => {
    const away = new WatchedDouble(marked(1));
    away.mark = () => Promise.reject(new OverlayUnavailable('away'));
    await expect(away.watch()).rejects.toThrow('away');
    expect(away.isListening).toBe(false);
    away.stop.abort();
    await (
      await away.begin()
    ).over;
    expect(away.told).toEqual([]);
  });
});
