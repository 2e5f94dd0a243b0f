import { expect, it } from 'vitest';
import type { Document } from '../../../events/documents.ts';
import { estateOf } from '../../../infra/lab/estate.ts';
import { makePlan } from '../../../infra/lab/make-plan.ts';
import { placeOf } from '../../../infra/lab/plan.ts';

const host = (name: string, rest: object = {}): Document => ({
  kind: 'Host',
  value: { host: name, shard: 'shard-1', tunnelIp: '172.31.0.1', ...rest },
});

const endpoints = (tenant: string, name: string): Document => ({
  kind: 'Endpoints',
  value: {
    tenant,
    endpoints: [
      { name, segment: 'web', ips: ['10.1.0.1'], mac: '02:00:0a:01:00:01', host: 'hv-1', interface: 'vm-1' },
    ],
  },
});

it('names namespaces so that people know them, and numbers those whose names are too long', () => {
  const long = `${'a'.repeat(60)}.example`;
  const documents = [host('hv-1'), host(long), endpoints('acme', 'web-1'), endpoints('acme', long)];
  const { plan } = makePlan(placeOf('lab'), estateOf(documents));
  expect([...plan.hosts, ...plan.workloads].map(({ namespace }) => namespace)).toEqual([
    'il-lab-h-hv-1',
    'il-lab-h_1',
    'il-lab-w-acme.web-1',
    'il-lab-w_1',
  ]);
});

it('gives a gateway without a MAC address one that nobody has', () => {
  const gateway: Document = {
    kind: 'External',
    value: {
      external: 'outside',
      classification: 'internal',
      cidrs: ['198.51.100.0/24'],
      gateway: { host: 'hv-1', interface: 'ext-1' },
    },
  };
  const { plan } = makePlan(placeOf('lab'), estateOf([host('hv-1'), gateway]));
  expect(plan.workloads).toMatchObject([
    { name: 'outside', mac: '02:1a:b0:00:00:01', ips: ['198.51.100.1'] },
  ]);
});

it('says all that cannot be built', () => {
  const hosts = Array.from({ length: 65 }, (_, index) => host(`hv-${String(index + 2)}`));
  expect(() => estateOf([...hosts, endpoints('acme', 'web-1')])).toThrow(
    /65 hosts, and a lab has at most 64; acme\/web-1 is on hv-1, which no document of this folder describes/,
  );
  expect(() => estateOf([])).toThrow('no Host document');
});

it.each([
  {
    what: 'two hosts with sockets in one folder',
    hosts: [host('hv-1', { ovsdb: 'unix:/run/x/1.sock' }), host('hv-2', { ovsdb: 'unix:/run/x/2.sock' })],
    words: 'hv-2 and hv-1 both have sockets in /run/x',
  },
  {
    what: 'a path that leaves no room for what lies beside it',
    hosts: [host('hv-1', { ovsdb: `unix:/run/${'x'.repeat(90)}/db.sock` })],
    words: 'at most 107 characters',
  },
])('refuses $what', ({ hosts, words }) => {
  expect(() => makePlan(placeOf('lab'), estateOf(hosts))).toThrow(words);
});
