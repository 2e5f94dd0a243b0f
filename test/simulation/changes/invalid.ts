import { ofKind, type WrittenDocument } from '../../bench/estate/documents.ts';
import type { Estate } from '../../bench/estate/estate.ts';
import type { Random } from '../../bench/estate/random.ts';
import type { Folder } from './folder.ts';

/** What must be refused on whatever estate. */
type Spoiler = (estate: Estate, random: Random) => readonly WrittenDocument[];

const spoilers: Readonly<Record<string, Spoiler>> = {
  'an unknown destination': () => [
    { kind: 'Tenant', tenant: 'bad-one', segments: ['a'] },
    { kind: 'Policy', tenant: 'bad-one', egress: [{ destination: 'nobody-at-all', ports: [443] }] },
  ],
  'a policy of an unknown tenant': () => [
    { kind: 'Policy', tenant: 'bad-ghost', ingress: [{ source: '*' }] },
  ],
  'an endpoint on an unknown host': () => [
    { kind: 'Tenant', tenant: 'bad-one', segments: ['a'] },
    { kind: 'Endpoints', tenant: 'bad-one', endpoints: [endpoint('hv-nowhere', 'port-bad')] },
  ],
  'a rule that names an air-gapped tenant': () => [
    { kind: 'Tenant', tenant: 'bad-island', isolation: 'air-gapped', segments: ['a'] },
    { kind: 'Tenant', tenant: 'bad-one', segments: ['a'] },
    { kind: 'Policy', tenant: 'bad-one', egress: [{ destination: 'bad-island' }] },
  ],
  'VNIs of another shard': () => [
    { kind: 'Shard', shard: 'bad-east', overlay: 'embedded', tunnel: 'vxlan', vnis: { from: 900, to: 950 } },
    { kind: 'Shard', shard: 'bad-west', overlay: 'embedded', tunnel: 'vxlan', vnis: { from: 950, to: 999 } },
  ],
  'an unguarded grant across classifications': () => [
    { kind: 'Tenant', tenant: 'bad-high', classification: 'restricted', segments: ['a'] },
    { kind: 'Tenant', tenant: 'bad-low', classification: 'public', segments: ['a'] },
    { kind: 'Policy', tenant: 'bad-low', egress: [{ destination: 'bad-high', ports: [443] }] },
    { kind: 'Policy', tenant: 'bad-high', ingress: [{ source: 'bad-low', ports: [443] }] },
  ],
  'one interface for two': () => [
    { kind: 'Shard', shard: 'bad-east', overlay: 'embedded', tunnel: 'vxlan', vnis: { from: 900, to: 950 } },
    { kind: 'Host', host: 'bad-host', shard: 'bad-east', tunnelIp: '172.30.0.1' },
    { kind: 'Tenant', tenant: 'bad-one', shard: 'bad-east', segments: ['a'] },
    { kind: 'Tenant', tenant: 'bad-two', shard: 'bad-east', segments: ['a'] },
    { kind: 'Endpoints', tenant: 'bad-one', endpoints: [endpoint('bad-host', 'port-bad')] },
    { kind: 'Endpoints', tenant: 'bad-two', endpoints: [endpoint('bad-host', 'port-bad')] },
  ],
};

function endpoint(
  host: string,
  port: string,
): { name: string; segment: string; ip: string; mac: string; host: string; interface: string } {
  return { name: 'a-1', segment: 'a', ip: '10.250.0.1', mac: '02:00:ff:00:00:01', host, interface: port };
}

/** A folder that must be refused: something is wrong with it, among documents of which nothing is. */
export function invalidFolder(estate: Estate, random: Random): Folder {
  const name = random.pick(Object.keys(spoilers));
  const sound = ofKind(estate.documents, 'Tenant').filter(() => random.chance(0.3));
  return {
    kind: `invalid: ${name}`,
    words: `a folder with ${name}`,
    documents: [...sound, ...(spoilers[name]?.(estate, random) ?? [])],
    isInvalid: true,
  };
}
