import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { copyIntended, foldIntended } from '../../../projections/intended/intended.ts';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import { embeddedProbe } from '../../../src/overlay/embedded/probe.ts';
import { Fenced, OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver, Packet } from '../../../src/overlay/port.ts';
import { ForeignState } from '../../../src/runtime/errors.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { estateOf, inTemporaryFolder, town } from '../../support/documents.ts';

const network = { kind: 'network', vni: 5000, segment: 'acme/web' } as const;

async function withDriver(
  work: (driver: OverlayDriver, file: string, folder: string) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const driver = embeddedDriver({ folder, ledger: 'l-1', shard: 'shard-1' });
    await work(driver, join(folder, 'shard-1', 'hv-1.json'), folder);
  });
}

describe('a host of the embedded overlay', () => {
  it('holds nothing at first, then what it was given, as often as it is given', async () => {
    await withDriver(async (driver, file) => {
      expect(await driver.read('hv-1')).toEqual({ kind: 'nothing' });
      const state = { plan: 1, objects: [network], digest: digestOfObjects([network]) };
      expect(await driver.apply('hv-1', { plan: 1, objects: [network] })).toEqual(state);
      const bytes = readFileSync(file);
      expect(await driver.apply('hv-1', { plan: 1, objects: [network] })).toEqual(state);
      expect(readFileSync(file)).toEqual(bytes);
      expect(await driver.apply('hv-1', { plan: 2, objects: [] })).toMatchObject({ plan: 2, objects: [] });
    });
  });

  it('refuses a plan that is older than the one it holds', async () => {
    await withDriver(async (driver) => {
      await driver.apply('hv-1', { plan: 2, objects: [network] });
      await expect(driver.apply('hv-1', { plan: 1, objects: [] })).rejects.toThrow(Fenced);
      expect(await driver.read('hv-1')).toMatchObject({ kind: 'objects', state: { plan: 2 } });
    });
  });

  it.each<[string, (whole: string) => string, RegExp]>([
    ['a file that was cut', (whole) => whole.slice(0, -4), /^\d+ bytes that are not a whole JSON text$/],
    ['an empty file', () => '', /^0 bytes that are not/],
    [
      'a file that was edited beyond reading',
      (whole) => whole.replace('5000', '"many"'),
      /^a JSON text that is no host file: objects\.0\.vni: /,
    ],
    ['a file of something else', () => '[]', /^a JSON text that is no host file: its top: /],
    [
      'the file of another host',
      (whole) => whole.replace('hv-1', 'hv-2'),
      /^the file of host hv-2 of shard-1$/,
    ],
    [
      'the file of another shard',
      (whole) => whole.replace('shard-1', 'shard-2'),
      /^the file of host hv-1 of shard-2$/,
    ],
    [
      'a file in which something stands twice',
      (whole) => whole.replace(/\n(\{.*\})\n/, '\n$1,\n$1\n'),
      /^a set of objects in which network\/5000\/acme\/web stands twice$/,
    ],
  ])(
    'relies on nothing in %s, says why, and takes its next plan all the same',
    async (_what, spoil, problem) => {
      await withDriver(async (driver, file) => {
        const target = { plan: 1, objects: [network] };
        await driver.apply('hv-1', target);
        const whole = readFileSync(file, 'utf8');
        const spoilt = spoil(whole);
        expect(spoilt).not.toBe(whole);
        writeFileSync(file, spoilt);
        const reading = await driver.read('hv-1');
        expect(reading.kind === 'unreadable' ? reading.problem : reading.kind).toMatch(problem);
        await driver.apply('hv-1', target);
        expect(readFileSync(file, 'utf8')).toBe(whole);
      });
    },
  );

  it('is read as it stands where its objects were edited', async () => {
    await withDriver(async (driver, file) => {
      await driver.apply('hv-1', { plan: 1, objects: [network] });
      writeFileSync(file, readFileSync(file, 'utf8').replace('5000', '5001'));
      const objects = [{ ...network, vni: 5001 }];
      const state = { plan: 1, objects, digest: digestOfObjects(objects) };
      expect(await driver.read('hv-1')).toEqual({ kind: 'objects', state });
    });
  });

  it("refuses another ledger's file, and says when it cannot read or write its own", async () => {
    await withDriver(async (driver, _file, folder) => {
      await driver.apply('hv-1', { plan: 1, objects: [network] });
      const stranger = embeddedDriver({ folder, ledger: 'l-2', shard: 'shard-1' });
      await expect(stranger.read('hv-1')).rejects.toThrow(ForeignState);
      await expect(stranger.apply('hv-1', { plan: 2, objects: [] })).rejects.toThrow(ForeignState);
      mkdirSync(join(folder, 'shard-1', 'hv-2.json'));
      await expect(driver.read('hv-2')).rejects.toThrow(OverlayUnavailable);
      mkdirSync(join(folder, 'shard-1', 'hv-3.json.new'));
      await expect(driver.apply('hv-3', { plan: 1, objects: [] })).rejects.toThrow(OverlayUnavailable);
    });
  });
});

describe('the embedded overlay, asked about a packet', () => {
  const policies = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }], egress: [{ destination: internet, segment: web, guard: G, ports: [443] }] }
`;
  const packet = (src: string, dst: string, rest: Partial<Packet> = {}): Packet => ({
    src,
    dst,
    protocol: 'tcp',
    srcPort: 40_000,
    dstPort: 443,
    ...rest,
  });

  it.each<[string, string, Packet, string | RegExp]>([
    ['across shards, as granted', 'globex/app-1', packet('10.2.0.1', '10.1.0.1'), 'acme/web-1'],
    [
      'by a port that is not granted',
      'globex/app-1',
      packet('10.2.0.1', '10.1.0.1', { dstPort: 444 }),
      /no egress acl on host hv-3/,
    ],
    [
      'by a protocol that is not granted',
      'globex/app-1',
      packet('10.2.0.1', '10.1.0.1', { protocol: 'udp' }),
      /no egress acl/,
    ],
    [
      'by a protocol without a name',
      'globex/app-1',
      { src: '10.2.0.1', dst: '10.1.0.1', protocol: '47' },
      /no egress acl/,
    ],
    [
      'against the direction of the grant',
      'acme/web-1',
      packet('10.1.0.1', '10.2.0.1'),
      /no egress acl on host hv-1/,
    ],
    ['under an address that is another’s', 'globex/app-1', packet('10.2.0.9', '10.1.0.1'), /port security/],
    [
      'to an address that nobody has',
      'globex/app-1',
      packet('10.2.0.1', '10.1.0.99'),
      /10.1.0.99 is nobody's/,
    ],
    ['to a segment without a route', 'globex/app-1', packet('10.2.0.1', '10.1.1.1'), /10.1.1.1 is nobody's/],
    ['to what is no address', 'globex/app-1', packet('10.2.0.1', 'acme'), /nobody's/],
    [
      'within a tenant, by any protocol',
      'acme/web-1',
      { src: '10.1.0.1', dst: '10.1.1.1', protocol: '47' },
      'acme/db-1',
    ],
    ['to the internet', 'acme/web-1', packet('10.1.0.1', '8.8.8.8'), 'internet'],
    ['to a longer prefix of another external', 'acme/web-1', packet('10.1.0.1', '198.51.100.7'), /nobody's/],
    ['to oneself', 'acme/web-1', packet('10.1.0.1', '10.1.0.1'), 'acme/web-1'],
    [
      'from the internet under a longer prefix of another external',
      'internet',
      packet('198.51.100.7', '10.1.0.1'),
      /port security/,
    ],
    [
      'from the internet, which nobody let in',
      'internet',
      packet('8.8.8.8', '10.1.0.1'),
      /no egress acl on host hv-1/,
    ],
  ])('%s', async (_what, from, asked, outcome) => {
    await inTemporaryFolder(async (folder) => {
      const intended = await estateOf(town, policies);
      for (const { host, shard } of intended.directory.hosts.values()) {
        const objects = desiredObjects(intended, { shard, at: '2026-03-01T00:00:00.000Z' });
        await embeddedDriver({ folder, ledger: 'l-1', shard }).apply(host, { plan: 1, objects });
      }
      const { delivered, to, rule } = await embeddedProbe({ folder, ledger: 'l-1' }).probe(from, asked);
      expect(delivered ? to : rule).toEqual(
        typeof outcome === 'string' ? outcome : expect.stringMatching(outcome),
      );
    });
  });

  it('lets only what the receiving host lets in too', async () => {
    await inTemporaryFolder(async (folder) => {
      const [old, now] = [await estateOf(town), await estateOf(town, policies)];
      const drive = async (intended: typeof old, shard: string, hosts: string[]): Promise<void> => {
        const objects = desiredObjects(intended, { shard, at: '2026-03-01T00:00:00.000Z' });
        const driver = embeddedDriver({ folder, ledger: 'l-1', shard });
        for (const host of hosts) await driver.apply(host, { plan: 1, objects });
      };
      await drive(old, 'shard-1', ['hv-1', 'hv-2']);
      await drive(now, 'shard-2', ['hv-3', 'hv-4']);
      const probe = embeddedProbe({ folder, ledger: 'l-1' });
      expect(await probe.probe('globex/app-1', packet('10.2.0.1', '10.1.0.1'))).toEqual({
        delivered: false,
        to: null,
        rule: 'host hv-1 accepts no such packet from host hv-3',
      });
    });
  });

  describe('while a tenant is in quarantine', () => {
    /** The answers of the overlay, with acme in quarantine as far as these hosts know. */
    async function probes(
      knowing: readonly string[],
      asked: readonly (readonly [from: string, packet: Packet])[],
    ): Promise<string[]> {
      return inTemporaryFolder(async (folder) => {
        const open = await estateOf(town, policies);
        const cut = copyIntended(open);
        foldIntended(cut, { type: 'TenantQuarantined', data: { tenant: 'acme' } });
        for (const { host, shard } of open.directory.hosts.values()) {
          const intended = knowing.includes(host) ? cut : open;
          const objects = desiredObjects(intended, { shard, at: '2026-03-01T00:00:00.000Z' });
          await embeddedDriver({ folder, ledger: 'l-1', shard }).apply(host, { plan: 1, objects });
        }
        const probe = embeddedProbe({ folder, ledger: 'l-1' });
        const results = [];
        for (const [from, sent] of asked) results.push(await probe.probe(from, sent));
        return results.map(({ to, rule }) => to ?? rule.replace(/[0-9a-f]{24}/, 'ID'));
      });
    }

    const across = [
      ['globex/app-1', packet('10.2.0.1', '10.1.0.1')],
      ['acme/web-1', packet('10.1.0.1', '8.8.8.8')],
    ] as const;

    it('drops what is granted, at the first host that knows of it', async () => {
      expect(await probes(['hv-1', 'hv-3'], across)).toEqual([
        'quarantine acl ID on host hv-3',
        'quarantine acl ID on host hv-1',
      ]);
    });

    it.each(['hv-1', 'hv-3'])('drops it also where %s alone knows of it', async (host) => {
      const [answer] = await probes([host], across);
      expect(answer).toBe(`quarantine acl ID on host ${host}`);
    });

    it('lets traffic inside the tenant go on', async () => {
      const inside = [['acme/web-1', packet('10.1.0.1', '10.1.1.1')]] as const;
      expect(await probes(['hv-1', 'hv-2', 'hv-3'], inside)).toEqual(['acme/db-1']);
    });
  });

  it('does not answer from a damaged file, and says what mends it', async () => {
    await withDriver(async (driver, file, folder) => {
      await driver.apply('hv-1', { plan: 1, objects: [network] });
      writeFileSync(file, '{');
      const probe = embeddedProbe({ folder, ledger: 'l-1' });
      await expect(probe.probe('globex/app-1', packet('10.2.0.1', '10.1.0.1'))).rejects.toThrow(
        /hv-1\.json is damaged: isoledger rebuild --shard shard-1 /,
      );
    });
  });

  it('says when no host holds the port', async () => {
    await inTemporaryFolder(async (folder) => {
      const probe = embeddedProbe({ folder: join(folder, 'none'), ledger: 'l-1' });
      await expect(probe.probe('globex/app-1', packet('10.2.0.1', '10.1.0.1'))).rejects.toThrow(
        OverlayUnavailable,
      );
    });
  });
});
