import { beforeEach, describe, expect, it } from 'vitest';
import type { DomainEvent, EventData } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import {
  appliedShard,
  emptyApplied,
  foldApplied,
  type Applied,
  type AppliedShard,
} from '../../../projections/applied/applied.ts';
import { mayHoldSomething, networksHeldBy, vnisInUse } from '../../../projections/applied/may-hold.ts';
import { host, shard } from '../isolation/documents.ts';

const digestOf = (plan: number): string => String(plan).repeat(64);
const network = (vni: number): OverlayObject => ({ kind: 'network', vni, segment: `t/s${vni}` });

let applied: Applied;
beforeEach(() => {
  applied = emptyApplied();
});

function record(...events: readonly DomainEvent[]): void {
  for (const event of events) foldApplied(applied, event);
}

function plan(number: number, change: { put?: OverlayObject[]; removed?: string[] } = {}): void {
  const { put = [], removed = [] } = change;
  const digests = { before: digestOf(number - 1), after: digestOf(number) };
  record({
    type: 'ChangePlanned',
    data: { shard: 'east', plan: number, basis: 0, put, removed, ...digests },
  });
}

function acknowledge(name: string, number: number): void {
  const evidence = { driver: 'embedded', objects: 1 };
  const data = {
    shard: 'east',
    host: name,
    plan: number,
    digest: digestOf(number),
    seenWhole: null,
    evidence,
  };
  record({ type: 'ChangeApplied', data });
}

function retire(name: string): void {
  record({ type: 'HostRetired', data: { host: name, shard: 'east' } });
}

function clear(name: string): void {
  const evidence = { driver: 'embedded', objects: 0 };
  const data = { shard: 'east', host: name, digest: digestOfObjects([]), evidence };
  record({ type: 'HostCleared', data });
}

function east(): AppliedShard {
  return appliedShard(applied, 'east');
}

describe('the planned set', () => {
  it('is kept, with what each host acknowledged of it', () => {
    record({ type: 'TenantPlaced', data: { tenant: 't', shard: 'east' } });
    expect(applied).toEqual(emptyApplied());
    plan(1, { put: [network(1), { kind: 'route', from: 1, to: 2 }] });
    acknowledge('h', 1);
    plan(2, { put: [network(2)], removed: ['network/1/t/s1', 'route/1/2', 'network/9/t/s9'] });
    expect([...east().objects.keys()]).toEqual(['network/2/t/s2']);
    expect(east()).toMatchObject({ plan: 2, digest: digestOf(2) });
    expect(east().hosts.get('h')).toEqual({ plan: 1, digest: digestOf(1) });
  });

  it('is known by its digest for every plan that some host may be at', () => {
    plan(1);
    plan(2);
    acknowledge('h', 1);
    acknowledge('i', 2);
    plan(3);
    expect([...east().digests]).toEqual([1, 2, 3].map((number) => [number, digestOf(number)]));
    acknowledge('h', 3);
    expect([...east().digests.keys()]).toEqual([2, 3]);
  });
});

describe('a VNI', () => {
  function inUse(...hosts: string[]): number[] {
    return [...vnisInUse(applied, () => hosts)].sort();
  }

  it('is in use until every host has acknowledged that it is gone', () => {
    plan(1, { put: [network(1), network(2), { kind: 'route', from: 1, to: 2 }] });
    expect(inUse('h', 'i')).toEqual([1, 2]);
    plan(2, { removed: ['network/1/t/s1'] });
    expect(inUse('h', 'i')).toEqual([1, 2]);
    acknowledge('h', 2);
    expect(inUse('h', 'i')).toEqual([1, 2]);
    acknowledge('i', 2);
    expect(inUse('h', 'i')).toEqual([2]);
    expect(inUse()).toEqual([2]);
  });

  it('is in use while a retired host may hold it, until that host is cleared', () => {
    plan(1, { put: [network(1)] });
    acknowledge('h', 1);
    acknowledge('i', 1);
    retire('i');
    plan(2, { removed: ['network/1/t/s1'] });
    acknowledge('h', 2);
    expect(inUse('h')).toEqual([1]);
    clear('i');
    expect(inUse('h')).toEqual([]);
  });

  it('of a retired shard is in use until its last host is cleared', () => {
    plan(1, { put: [network(1)] });
    acknowledge('h', 1);
    retire('h');
    record({ type: 'ShardRetired', data: { shard: 'east' } });
    expect(inUse()).toEqual([1]);
    clear('h');
    expect(inUse()).toEqual([]);
    record(shard('east'));
    expect([east().retired, ...inUse()]).toEqual([false, 1]);
  });
});

describe('the networks that a host may hold', () => {
  const held = (host: string, holder = 't'): string[] =>
    [...new Set(networksHeldBy(east(), { host, holder }))].sort();

  it('are those of the last plan, and those that left with a plan which it has not acknowledged', () => {
    plan(1, { put: [network(1), network(2)] });
    acknowledge('h', 1);
    plan(2, { put: [network(3)], removed: ['network/1/t/s1'] });
    plan(3, { removed: ['network/2/t/s2'] });
    expect([held('h'), held('nobody')]).toEqual([
      ['t/s1', 't/s2', 't/s3'],
      ['t/s1', 't/s2', 't/s3'],
    ]);
    acknowledge('h', 2);
    expect(held('h')).toEqual(['t/s2', 't/s3']);
    acknowledge('h', 3);
    expect(held('h')).toEqual(['t/s3']);
  });

  it('are those of one holder: a tenant, or an external', () => {
    plan(1, { put: [network(1), { kind: 'network', vni: 7, segment: 'internet' }] });
    expect([held('h'), held('h', 'internet'), held('h', 'u')]).toEqual([['t/s1'], ['internet'], []]);
    plan(2, { removed: ['network/7/internet'] });
    expect([held('h', 'internet'), held('h', 'u')]).toEqual([['internet'], []]);
    acknowledge('h', 2);
    expect(held('h', 'internet')).toEqual([]);
  });
});

describe('a host that did not take a plan', () => {
  const fail = (name: string, holds?: number): void => {
    const failure = { shard: 'east', host: name, plan: 2, problem: 'it is away' };
    record({ type: 'ChangeFailed', data: holds === undefined ? failure : { ...failure, holds } });
  };

  it('is known until it acknowledges one, is found right, or is no more', () => {
    for (const name of ['g', 'h', 'i', 'j']) fail(name);
    fail('h', 9);
    expect(east().failed.get('h')).toEqual({ plan: 2, problem: 'it is away', holds: 9 });
    expect(east().failed.get('g')?.holds).toBeUndefined();
    acknowledge('g', 2);
    const corrected = { shard: 'east', host: 'h', plan: 2, digest: digestOf(2), seenWhole: null };
    record({ type: 'DriftCorrected', data: corrected });
    retire('i');
    clear('i');
    retire('j');
    record(host('j', '172.31.0.1'));
    expect([...east().failed.keys()]).toEqual([]);
  });
});

describe('a retired host', () => {
  it('is to be emptied, also where nothing was ever planned for it, and then nothing is known of it', () => {
    retire('g');
    plan(1);
    acknowledge('h', 1);
    record({ type: 'DriftDetected', data: driftAt('h', { found: 'nothing' }) });
    retire('h');
    expect([...east().leavingHosts]).toEqual(['g', 'h']);
    clear('g');
    clear('h');
    expect(east()).toMatchObject({ leavingHosts: new Set(), hosts: new Map(), drifted: new Map() });
  });

  it('that is registered again is not emptied any more, and has to acknowledge anew', () => {
    plan(1);
    acknowledge('h', 1);
    retire('h');
    record(host('h', '172.31.0.1'), host('g', '172.31.0.2', 'nowhere'));
    expect(east().leavingHosts).toEqual(new Set());
    clear('h');
    expect(east().hosts.get('h')).toBeUndefined();
  });

  it('that is registered on another shard is emptied by the former one', () => {
    plan(1);
    acknowledge('h', 1);
    retire('h');
    record(host('h', '172.31.0.1', 'west'));
    expect(east().leavingHosts).toEqual(new Set(['h']));
  });
});

describe('a host that is said to be gone', () => {
  const gone = (name: string): void => {
    record({ type: 'HostGone', data: { host: name, shard: 'east' } });
  };
  const holds = (name: string): boolean => mayHoldSomething(applied, { shard: 'east', host: name });

  it('is not to be emptied any more, and nothing is known of it', () => {
    plan(1);
    for (const name of ['g', 'h']) acknowledge(name, 1);
    record({ type: 'DriftDetected', data: driftAt('h', { found: 'nothing' }) });
    retire('h');
    gone('h');
    gone('g');
    retire('g');
    expect(east()).toMatchObject({
      leavingHosts: new Set(),
      goneHosts: new Set(),
      hosts: new Map(),
      drifted: new Map(),
    });
  });

  it('and is in use holds nothing until its document is recorded anew, or it answers', () => {
    expect(holds('g')).toBe(false);
    record(host('g', '172.31.0.1'));
    expect(holds('g')).toBe(false);
    plan(1);
    expect(holds('g')).toBe(true);
    gone('g');
    expect([holds('g'), [...east().goneHosts]]).toEqual([false, ['g']]);
    record({ type: 'HostChanged', data: { host: 'g', shard: 'east', tunnelIp: '172.31.0.2' } });
    expect(holds('g')).toBe(true);
    gone('g');
    acknowledge('g', 1);
    expect(holds('g')).toBe(true);
    gone('g');
    record(host('g', '172.31.0.1'));
    expect(holds('g')).toBe(true);
  });
});

function driftAt(
  name: string,
  found: Pick<EventData<'DriftDetected'>, 'found' | 'digest'>,
): EventData<'DriftDetected'> {
  return { shard: 'east', host: name, plan: 1, expected: digestOf(1), put: [], removed: [], ...found };
}

describe('a shard', () => {
  it('knows which hosts have drifted, how they were last found, and when they are right again', () => {
    record({ type: 'DriftDetected', data: driftAt('h', { found: 'nothing' }) });
    record({ type: 'DriftDetected', data: driftAt('i', { found: 'objects', digest: digestOf(7) }) });
    record({ type: 'DriftDetected', data: driftAt('h', { found: 'unreadable' }) });
    expect([...east().drifted]).toEqual([
      ['h', { found: 'unreadable', digest: undefined }],
      ['i', { found: 'objects', digest: digestOf(7) }],
    ]);
    const data = { shard: 'east', host: 'h', plan: 1, digest: digestOf(1), seenWhole: null };
    record({ type: 'DriftCorrected', data });
    expect([...east().drifted.keys()]).toEqual(['i']);
  });

  it('knows which hosts are changed by hand, and which were not seen whole since', () => {
    const bypass = (type: 'BypassOpened' | 'BypassClosed', name: string, number: number): void => {
      record({ type, data: { shard: 'east', host: name, bypass: number } });
    };
    plan(1);
    const settle = (name: string, number: number, digest = digestOf(1)): void => {
      const seen = { plan: 1, digest, seenWhole: '2026-03-01T12:00:00.000Z' };
      record({ type: 'BypassSettled', data: { shard: 'east', host: name, bypass: number, ...seen } });
    };
    const told = (): object => {
      const { open, closed, next } = east().bypasses;
      return { open: [...open], closed: [...closed], next };
    };
    expect(told()).toEqual({ open: [], closed: [], next: 1 });
    bypass('BypassOpened', 'g', 1);
    bypass('BypassOpened', 'h', 2);
    settle('g', 1);
    bypass('BypassClosed', 'g', 2);
    bypass('BypassClosed', 'i', 3);
    settle('i', 3);
    expect(told()).toEqual({ open: Object.entries({ g: 1, h: 2 }), closed: [], next: 3 });
    bypass('BypassClosed', 'g', 1);
    settle('g', 2);
    retire('h');
    // A host that is to be emptied is no host of the shard, and another set is none of its plans.
    settle('h', 2);
    settle('g', 1, digestOf(2));
    expect(told()).toEqual({ open: [], closed: Object.entries({ g: 1, h: 2 }), next: 3 });
    bypass('BypassOpened', 'g', 3);
    settle('g', 3);
    expect(told()).toEqual({ open: [['g', 3]], closed: [['h', 2]], next: 4 });
    bypass('BypassClosed', 'g', 3);
    settle('g', 3);
    record({ type: 'HostGone', data: { host: 'h', shard: 'east' } });
    expect(told()).toEqual({ open: [], closed: [], next: 4 });
    bypass('BypassOpened', 'g', 4);
    bypass('BypassOpened', 'h', 5);
    record({ type: 'HostChanged', data: { host: 'g', shard: 'west', tunnelIp: '172.31.0.1' } });
    expect(told()).toEqual({ open: [['h', 5]], closed: [['g', 4]], next: 6 });
    for (const name of ['g', 'h']) {
      record({ type: 'HostGone', data: { host: name, shard: 'east' } });
      bypass('BypassOpened', name, 6);
      retire(name);
    }
    expect(told()).toEqual({ open: [], closed: [], next: 7 });
  });

  it('is held at a past state, at another one, and then no longer', () => {
    const time = '2026-03-01T12:00:00.000Z';
    for (const seq of [4, 7]) {
      record({ type: 'ShardHeld', data: { shard: 'east', seq, time } });
      expect(east().held).toEqual({ seq, time });
    }
    record({ type: 'ShardResumed', data: { shard: 'east' } });
    expect(east().held).toBeUndefined();
  });

  it('for which nothing was planned is not kept for being registered or retired', () => {
    record(shard('east'), { type: 'ShardRetired', data: { shard: 'east' } }, host('h', '172.31.0.1'));
    expect(applied).toEqual(emptyApplied());
  });
});
