import { expect, it } from 'vitest';
import { decideOn, estateOf } from '../../support/documents.ts';

const shard = (name: string, overlay = 'ovs'): string =>
  `{ kind: Shard, shard: ${name}, overlay: ${overlay}, vnis: { from: ${name === 's1' ? 100 : 200}, to: ${name === 's1' ? 199 : 299} } }`;

const host = (name: string, { at = `unix:/run/${name}.sock`, of = 's1' } = {}): string =>
  `{ kind: Host, host: ${name}, shard: ${of}, tunnelIp: 172.31.0.${name.slice(1)}, ovsdb: "${at}" }`;

const ground = [shard('s1'), shard('s2'), shard('s3', 'embedded').replace('200, to: 299', '300, to: 399'), host('h1'), host('h2')].join('\n---\n'); // prettier-ignore

/** What is said against documents on the ground, where h1 and h2 hold something, or as it is said. */
async function complaints(
  documents: readonly string[],
  { on = [ground], holding = ['h1', 'h2'] }: { on?: readonly string[]; holding?: string[] } = {},
): Promise<string[]> {
  const decision = await decideOn(documents.join('\n---\n'), { intended: await estateOf(...on), holding });
  if (decision.kind === 'accepted') return [];
  return decision.problems.map(({ kind, at, message, found, allowed }) => {
    expect([message, kind, typeof found]).toEqual([message, 'refused', 'string']);
    expect(allowed).toContain('which empties the switch, and declare it anew');
    return `${at.kind} ${at.name} ${at.path.join('.')}: ${message}`;
  });
}

const goesOn = 'that switch would go on forwarding, whatever is revoked or in quarantine';
const holdsAt = (name: string): string => `host ${name} may hold at unix:/run/${name}.sock what s1 was given`;

it('refuses another switch for a host that holds something at the one it has', async () => {
  expect(await complaints([host('h1', { at: 'unix:/run/other.sock' })])).toEqual([
    `Host h1 ovsdb: ${holdsAt('h1')}, and would be driven at unix:/run/other.sock: ${goesOn}`,
  ]);
  expect(await complaints([host('h1')])).toEqual([]);
  expect(await complaints([host('h1', { at: 'unix:/run/other.sock' })], { holding: ['h2'] })).toEqual([]);
  const none = await decideOn(host('h1').replace(/, ovsdb: "[^"]*"/, ''), {
    intended: await estateOf(ground),
    holding: ['h1'],
  });
  const messages = none.kind === 'refused' ? none.problems.map(({ message }) => message) : [];
  expect(messages.some((message) => message.includes('would be driven at nothing'))).toBe(true);
});

it('refuses another overlay, and names each host that holds something', async () => {
  const embedded = shard('s1', 'embedded');
  const would = (name: string): string =>
    `Shard s1 overlay: ${holdsAt(name)}, and would be driven by the overlay embedded: ${goesOn}`;
  expect(await complaints([embedded])).toEqual([would('h1'), would('h2')]);
  const unnamed = [embedded, host('h1').replace(/, ovsdb: "[^"]*"/, '')];
  expect(await complaints(unnamed, { holding: ['h1'] })).toEqual([would('h1')]);
  expect(await complaints([embedded], { holding: [] })).toEqual([]);
});

it('refuses that of a host which was retired and is not empty yet', async () => {
  const gone = '{ kind: Tenant, tenant: acme, segments: [a] }';
  const decision = await decideOn([shard('s1'), shard('s2'), host('h1'), gone].join('\n---\n'), {
    intended: await estateOf(ground),
    prune: 'all',
  });
  if (decision.kind === 'refused') throw new Error('refused');
  const intended = decision.after;
  const said = async (document: string): Promise<number> => {
    const again = await decideOn(document, { intended, holding: ['h2'] });
    return again.kind === 'accepted' ? 0 : again.problems.length;
  };
  expect(await said(host('h2', { at: 'unix:/run/other.sock' }))).toBe(1);
  expect(await said(host('h2'))).toBe(0);
  // As a host of another shard it is one more, beside that which is to be emptied.
  expect(await said(host('h2', { of: 's2' }))).toBe(0);
  expect(await said(shard('s1', 'embedded'))).toBe(1);
});

it('refuses another overlay for a shard that was retired, while a host of it is not empty yet', async () => {
  const decision = await decideOn(shard('s2'), { intended: await estateOf(ground), prune: 'all' });
  if (decision.kind === 'refused') throw new Error('refused');
  const said = async (overlay: string): Promise<string[]> => {
    const again = await decideOn(shard('s1', overlay), { intended: decision.after, holding: ['h1'] });
    return again.kind === 'accepted' ? [] : again.problems.map(({ at }) => `${at.kind} ${at.name}`);
  };
  expect(await said('embedded')).toEqual(['Shard s1']);
  expect(await said('ovs')).toEqual([]);
});

it('says nothing of hosts that are no switches, nor of one that goes', async () => {
  const on = [`${ground}\n---\n${host('h4', { of: 's3' })}`];
  const holding = ['h4'];
  expect(await complaints([host('h4', { of: 's3', at: 'unix:/run/x.sock' })], { on, holding })).toEqual([]);
  const documents = [shard('s1'), shard('s2'), host('h1')].join('\n---\n');
  const decision = await decideOn(documents, {
    intended: await estateOf(ground),
    prune: 'all',
    holding: ['h2'],
  });
  expect(decision.kind).toBe('accepted');
});
