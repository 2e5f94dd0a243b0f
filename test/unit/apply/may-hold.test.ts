import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { emptyApplied, foldApplied } from '../../../projections/applied/applied.ts';
import { mayHoldSomething } from '../../../projections/applied/may-hold.ts';
import { host, shard } from '../isolation/documents.ts';
import { drift } from '../isolation/drift.ts';
import { History } from '../isolation/history.ts';
import { objects } from '../isolation/small-estate.ts';

const deeds = ['come', 'change', 'retire', 'clear', 'gone', 'plan', 'acknowledge', 'fail', 'find'] as const;
type Deed = (typeof deeds)[number];

const at = { shard: 'east', host: 'h' } as const;
const nothing = digestOfObjects([]);
const evidence = { driver: 'memory', objects: 0 };

/** A host's tale, of which each step is one that can happen, and what may be at the host by the rule itself. */
class Tale {
  readonly history = new History().record(shard('east'));
  standing: 'unknown' | 'used' | 'aside' | 'retired' = 'unknown';
  /** From the record of a plan that concerns it until it says that it holds nothing, or somebody vouches for that. */
  mayHold = false;

  do(deed: Deed): void {
    const plan = this.history.planNumber('east');
    switch (deed) {
      case 'come':
        if (this.standing === 'used' || this.standing === 'aside') return;
        this.#record(host('h', '172.31.0.1'));
        this.#driven();
        return;
      case 'change':
        if (this.standing !== 'used' && this.standing !== 'aside') return;
        this.#record({ type: 'HostChanged', data: { ...at, tunnelIp: '172.31.0.1' } });
        this.#driven();
        return;
      case 'retire':
        if (this.standing !== 'used' && this.standing !== 'aside') return;
        this.#record({ type: 'HostRetired', data: at });
        this.standing = this.standing === 'aside' ? 'unknown' : 'retired';
        return;
      case 'clear':
        if (this.standing !== 'retired') return;
        this.#record({ type: 'HostCleared', data: { ...at, digest: nothing, evidence } });
        [this.standing, this.mayHold] = ['unknown', false];
        return;
      case 'gone':
        if (this.standing === 'unknown') return;
        this.#record({ type: 'HostGone', data: at });
        [this.standing, this.mayHold] = [this.standing === 'retired' ? 'unknown' : 'aside', false];
        return;
      case 'plan':
        this.history.plan(objects.slice(plan % 3), 'east');
        if (this.standing === 'used') this.mayHold = true;
        return;
      case 'acknowledge':
        if (this.standing === 'used' && plan > 0) this.history.acknowledge(['h'], 'east');
        return;
      case 'fail':
        if (this.standing === 'used' && plan > 0)
          this.#record({ type: 'ChangeFailed', data: { ...at, plan, problem: 'no answer' } });
        return;
      case 'find':
        if (this.standing === 'used' && plan > 0) this.#record(drift('h', 'east'));
        return;
    }
  }

  #record(event: DomainEvent): void {
    this.history.record(event);
  }

  /** A host that comes to a shard may be given its last plan at once. */
  #driven(): void {
    this.standing = 'used';
    if (this.history.planNumber('east') > 0) this.mayHold = true;
  }
}

it('a host may hold something from the record of a plan for it until it is empty, whatever else was recorded', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...deeds), { maxLength: 24 }), (steps) => {
      const tale = new Tale();
      for (const deed of steps) tale.do(deed);
      const applied = emptyApplied();
      for (const { entries } of tale.history.batches)
        for (const entry of entries) foldApplied(applied, entry);
      const byVerifier = tale.history
        .state()
        .hosts.setsOf('h')
        .some(({ plan }) => plan > 0);
      expect(byVerifier).toBe(tale.mayHold);
      // One that was retired before there was any plan counts too: that refuses too much, and never too little.
      if (tale.standing === 'used' || tale.mayHold) expect(mayHoldSomething(applied, at)).toBe(tale.mayHold);
      if (tale.standing === 'aside') expect(mayHoldSomething(applied, at)).toBe(false);
    }),
    { numRuns: 400 },
  );
});
