import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { MayHold, nothingHeld } from '../../simulation/may-hold.ts';
import { host, shard } from '../isolation/documents.ts';
import { History } from '../isolation/history.ts';
import { objects } from '../isolation/small-estate.ts';

const shards = ['east', 'west'] as const;
type Shard = (typeof shards)[number];
const deeds = ['come', 'retire', 'clear', 'gone', 'plan', 'acknowledge'] as const;
type Deed = (typeof deeds)[number];

const tunnelIp = '172.31.0.1';
const evidence = { driver: 'memory', objects: 0 };

/** What happens to the host h in two shards, each step one that can happen. */
class Tale {
  readonly history = new History().record(...shards.map((name) => shard(name)));
  #home: Shard | undefined;
  /** Whether it was said to be gone where it is in use. */
  #isAside = false;
  readonly #leaving = new Set<Shard>();

  do(deed: Deed, at: Shard): void {
    switch (deed) {
      case 'come':
        this.#come(at);
        return;
      case 'retire':
        if (this.#home === at) this.#retire(at);
        return;
      case 'clear':
        if (!this.#leaving.delete(at)) return;
        this.#record({
          type: 'HostCleared',
          data: { shard: at, host: 'h', digest: digestOfObjects([]), evidence },
        });
        return;
      case 'gone':
        if (this.#home !== at && !this.#leaving.has(at)) return;
        if (this.#home === at) this.#isAside = true;
        else this.#leaving.delete(at);
        this.#record({ type: 'HostGone', data: { shard: at, host: 'h' } });
        return;
      case 'plan':
        this.history.plan(objects.slice(this.history.planNumber(at) % 3), at);
        return;
      case 'acknowledge':
        if (this.#home !== at || this.#isAside || this.history.planNumber(at) === 0) return;
        this.history.acknowledge(['h'], at);
        return;
    }
  }

  /** What the simulation makes of it. */
  told(): MayHold {
    const told = new MayHold();
    for (const { entries } of this.history.batches) for (const entry of entries) told.take(entry);
    return told;
  }

  get isInUse(): boolean {
    return this.#home !== undefined;
  }

  #come(at: Shard): void {
    if (this.#home !== undefined) return;
    this.#record(host('h', tunnelIp, at));
    this.#home = at;
    this.#leaving.delete(at);
  }

  #retire(at: Shard): void {
    this.#record({ type: 'HostRetired', data: { shard: at, host: 'h' } });
    if (!this.#isAside) this.#leaving.add(at);
    this.#home = undefined;
    this.#isAside = false;
  }

  #record(event: DomainEvent): void {
    this.history.record(event);
  }
}

describe('what the simulation says that a host may hold', () => {
  test('is what the verifier says, and so is what it may hold by a shard that has retired it', () => {
    const step = fc.tuple(fc.constantFrom(...deeds), fc.constantFrom(...shards));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 24 }), (steps) => {
        const tale = new Tale();
        for (const [deed, at] of steps) tale.do(deed, at);
        const refs = tale.history.state().hosts.setsOf('h');
        const spell = (of: string, plan: number): string =>
          plan === 0 ? nothingHeld : `${of} ${String(plan)}`;
        const told = tale.told();
        const sets = [...(told.sets.get('h') ?? [])];
        expect(sets.toSorted()).toEqual([...new Set(refs.map((ref) => spell(ref.shard, ref.plan)))].sort());
        // What is former tells what must be delivered by the shard that has the host. Where none has it, nothing must.
        if (!tale.isInUse) return;
        const former = refs.filter((ref) => ref.former === true).map((ref) => spell(ref.shard, ref.plan));
        expect(sets.filter((set) => told.isFormer('h', set)).toSorted()).toEqual(former.sort());
      }),
      { numRuns: 500 },
    );
  });

  test('of a shard that has retired it is that or nothing, whatever another has acknowledged since', () => {
    const tale = new Tale();
    const told = (): string[][] => shards.map((name) => tale.told().setsFor(name, 'h'));
    for (const name of shards) tale.do('plan', name);
    tale.do('come', 'east');
    expect(told()).toEqual([[nothingHeld, 'east 1'], [nothingHeld]]);
    tale.do('acknowledge', 'east');
    expect(told()).toEqual([['east 1'], [nothingHeld]]);
    tale.do('retire', 'east');
    tale.do('come', 'west');
    expect(told()).toEqual([
      [nothingHeld, 'east 1'],
      [nothingHeld, 'west 1'],
    ]);
    tale.do('acknowledge', 'west');
    expect(told()).toEqual([[nothingHeld, 'east 1'], ['west 1']]);
    tale.do('clear', 'east');
    expect(told()).toEqual([[nothingHeld], ['west 1']]);
  });
});
