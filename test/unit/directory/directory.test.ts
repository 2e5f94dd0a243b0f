import { beforeEach, describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import {
  copyDirectory,
  emptyDirectory,
  endpointsOf,
  foldDirectory,
  hostsDrivenBy,
  hostsOfShard,
  isGone,
  segmentsOf,
  type Directory,
} from '../../../projections/directory/directory.ts';
import { peerNamed } from '../../../projections/directory/peers.ts';
import { endpoint, endpoints, external, host, shard, tenant } from '../isolation/documents.ts';

const api = { name: 'a-api', segment: 's', protocol: 'tcp' } as const;

let directory: Directory;
beforeEach(() => {
  directory = emptyDirectory();
});

function record(...events: readonly DomainEvent[]): void {
  for (const event of events) foldDirectory(directory, event);
}

it('passes by events that are not its own, and knows nothing of what no document declares', () => {
  record({ type: 'ChangeFailed', data: { shard: 's', host: 'h', plan: 1, problem: 'away' } });
  expect(directory).toEqual(emptyDirectory());
  expect(segmentsOf(directory, 'nobody')).toEqual([]);
  expect([...endpointsOf(directory, 'nobody')]).toEqual([]);
  expect(peerNamed(directory, 'nobody/anything')).toBeUndefined();
});

describe('a retired shard', () => {
  it('is remembered as it last was, until it is registered again', () => {
    record(shard('east'), shard('east', { tunnel: 'geneve' }));
    record({ type: 'ShardRetired', data: { shard: 'east' } });
    expect(directory.shards.size).toBe(0);
    expect(directory.formerShards.get('east')).toMatchObject({ tunnel: 'geneve' });
    record(shard('east'));
    expect([...directory.shards.keys(), directory.formerShards.size]).toEqual(['east', 0]);
  });

  it('that was never registered is not remembered', () => {
    record({ type: 'ShardRetired', data: { shard: 'east' } });
    expect(directory).toEqual(emptyDirectory());
  });
});

it('a retired host is no longer among those of its shard', () => {
  record(host('h-2', '172.31.0.2'), host('h-1', '172.31.0.1'), host('h-3', '172.31.0.3', 'west'));
  expect(hostsOfShard(directory, 'east')).toEqual(['h-1', 'h-2']);
  record({ type: 'HostRetired', data: { host: 'h-1', shard: 'east' } });
  expect(hostsOfShard(directory, 'east')).toEqual(['h-2']);
});

describe('the hosts that a shard drives', () => {
  const driven = (shard: string): string[] =>
    Array.from(hostsDrivenBy(directory, shard).values(), ({ host: name, tunnelIp }) => `${name} ${tunnelIp}`);

  it('are its own, and retired ones as they last were until they are emptied', () => {
    record(host('h-1', '172.31.0.1'), host('h-2', '172.31.0.2'), host('h-3', '172.31.0.3', 'west'));
    record({ type: 'HostChanged', data: { host: 'h-1', shard: 'east', tunnelIp: '172.31.0.9' } });
    record({ type: 'HostRetired', data: { host: 'h-1', shard: 'east' } });
    expect([driven('east'), driven('west')]).toEqual([
      ['h-1 172.31.0.9', 'h-2 172.31.0.2'],
      ['h-3 172.31.0.3'],
    ]);
    const evidence = { driver: 'embedded', objects: 0 };
    record({ type: 'HostCleared', data: { shard: 'east', host: 'h-1', digest: 'ab'.repeat(32), evidence } });
    expect(driven('east')).toEqual(['h-2 172.31.0.2']);
  });

  it('have one of that name as it is now, and in another shard both', () => {
    record(host('h-1', '172.31.0.1'));
    record({ type: 'HostRetired', data: { host: 'h-1', shard: 'east' } });
    record(host('h-1', '172.31.0.8', 'west'));
    expect([driven('east'), driven('west')]).toEqual([['h-1 172.31.0.1'], ['h-1 172.31.0.8']]);
    record({ type: 'HostRetired', data: { host: 'h-1', shard: 'west' } });
    record(host('h-1', '172.31.0.7'));
    expect([driven('east'), driven('west')]).toEqual([['h-1 172.31.0.7'], ['h-1 172.31.0.8']]);
    expect([...directory.formerHosts.keys()]).toEqual(['west h-1']);
  });

  it('have none that was never registered', () => {
    record({ type: 'HostRetired', data: { host: 'h-1', shard: 'east' } });
    record({ type: 'HostGone', data: { host: 'h-1', shard: 'east' } });
    expect(directory).toEqual(emptyDirectory());
  });

  it('have none that is said to be gone, retired or not, until a document of it is recorded anew', () => {
    const gone = (shard: string): void => {
      record({ type: 'HostGone', data: { host: 'h-1', shard } });
    };
    record(host('h-1', '172.31.0.1'));
    gone('west');
    expect(driven('east')).toEqual(['h-1 172.31.0.1']);
    gone('east');
    expect([driven('east'), hostsOfShard(directory, 'east')]).toEqual([[], []]);
    expect(isGone(directory, { shard: 'east', host: 'h-1' })).toBe(true);
    record({ type: 'HostChanged', data: { host: 'h-1', shard: 'east', tunnelIp: '172.31.0.9' } });
    expect(driven('east')).toEqual(['h-1 172.31.0.9']);
    gone('east');
    record({ type: 'HostRetired', data: { host: 'h-1', shard: 'east' } });
    expect([directory.formerHosts.size, directory.goneHosts.size]).toEqual([0, 1]);
    record(host('h-1', '172.31.0.1'), { type: 'HostRetired', data: { host: 'h-1', shard: 'east' } });
    expect(driven('east')).toEqual(['h-1 172.31.0.1']);
    gone('east');
    expect([directory.formerHosts.size, directory.goneHosts.size]).toEqual([0, 1]);
  });
});

it('the name of a retired external means nobody', () => {
  record(external('x'));
  expect(peerNamed(directory, 'x')).toEqual({ kind: 'external', external: 'x' });
  record({ type: 'ExternalRetired', data: { external: 'x' } });
  expect(peerNamed(directory, 'x')).toBeUndefined();
});

describe('a retired tenant', () => {
  it('leaves nothing: no segments, services, endpoints or place', () => {
    record(
      tenant('a', { services: [api] }),
      { type: 'TenantPlaced', data: { tenant: 'a', shard: 'east' } },
      endpoints('a', [endpoint('e1', { host: 'h-1', ips: ['10.0.0.1'] })]),
      { type: 'TenantRetired', data: { tenant: 'a' } },
    );
    expect(directory).toEqual(emptyDirectory());
    expect(peerNamed(directory, 'a-api')).toBeUndefined();
  });

  it('that nobody knows changes nothing', () => {
    record(tenant('a', { services: [api] }));
    record({ type: 'TenantRetired', data: { tenant: 'b' } });
    expect(peerNamed(directory, 'a-api')).toMatchObject({ kind: 'service', tenant: 'a' });
  });

  it('does not take a service with it that another tenant offers under that name by now', () => {
    record(tenant('a', { services: [api] }), tenant('b', { services: [api] }));
    record({ type: 'TenantRetired', data: { tenant: 'a' } });
    expect(peerNamed(directory, 'a-api')).toMatchObject({ kind: 'service', tenant: 'b' });
  });
});

it('a copy is folded further without touching the first', () => {
  const everything = [
    shard('east'),
    host('h-1', '172.31.0.1'),
    external('x'),
    tenant('a', { services: [api] }),
    { type: 'TenantPlaced', data: { tenant: 'a', shard: 'east' } } as const,
    endpoints('a', [endpoint('e1', { host: 'h-1', ips: ['10.0.0.1'] })]),
  ];
  record(...everything);
  const first = emptyDirectory();
  for (const event of everything) foldDirectory(first, event);
  const copy = copyDirectory(directory);
  for (const event of [
    { type: 'TenantRetired', data: { tenant: 'a' } },
    { type: 'ExternalRetired', data: { external: 'x' } },
    { type: 'HostRetired', data: { host: 'h-1', shard: 'east' } },
    { type: 'ShardRetired', data: { shard: 'east' } },
  ] satisfies DomainEvent[]) {
    foldDirectory(copy, event);
  }
  expect(directory).toEqual(first);
  expect([copy.shards, copy.hosts, copy.externals, copy.tenants].map(({ size }) => size)).toEqual([
    0, 0, 0, 0,
  ]);
  expect([...copy.formerShards.keys()]).toEqual(['east']);
  expect([...copy.formerHosts.keys()]).toEqual(['east h-1']);
});
