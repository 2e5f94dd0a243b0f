import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import { embeddedProbe } from '../../../src/overlay/embedded/probe.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver, Packet } from '../../../src/overlay/port.ts';
import { hostsOfTown, objectsFor, type TownState } from '../../contract/driver/town.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

// What the port promises is tested in test/contract/driver.test.ts: here is what only the embedded overlay does.

const network = { kind: 'network', vni: 5000, segment: 'acme/web' } as const;

function newHost(): { driver: OverlayDriver; file: string; folder: string } {
  const folder = temporaryFolder();
  const driver = embeddedDriver({ folder, ledger: 'l-1', shard: 'shard-1' });
  return { driver, file: join(folder, 'shard-1', 'hv-1.json'), folder };
}

describe('the file of a host', () => {
  it('is the same bytes for the same set, in whatever order it comes', async () => {
    const { driver, file } = newHost();
    const objects = await objectsFor('open');
    await driver.apply('hv-1', { plan: 1, objects });
    const bytes = readFileSync(file);
    await driver.apply('hv-1', { plan: 1, objects: objects.toReversed() });
    expect(readFileSync(file)).toEqual(bytes);
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
      'a file in which something stands twice',
      (whole) => whole.replace(/\n(\{.*\})\n/, '\n$1,\n$1\n'),
      /^a set of objects in which network\/5000\/acme\/web stands twice$/,
    ],
    [
      'a file with an endpoint of half a character',
      (whole) => whole.replace('"objects":[', '"objects":[{"kind":"qos","endpoint":"\\ud800"},'),
      /^a set of objects in which qos\/\ufffd holds half a character$/,
    ],
    [
      'a file with an object that no event could hold',
      (whole) =>
        whole.replace('"objects":[', `"objects":[{"kind":"qos","endpoint":"${'x'.repeat(70_000)}"},`),
      /^a set of objects in which qos\/x{95}… has 70\d\d\d bytes$/,
    ],
    [
      'the file of a host without end',
      (whole) => whole.replace('hv-1', 'h'.repeat(100_000)),
      /^the file of host h{99}… of shard-1$/,
    ],
    [
      'a file with a key without end',
      (whole) => whole.replace('{', `{"${'k'.repeat(100_000)}":1,`),
      /^a JSON text that is no host file: .{900,}…$/,
    ],
  ])(
    'is damaged where it is %s: the reading says why, and a plan restores it',
    async (_what, spoil, problem) => {
      const { driver, file } = newHost();
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
    },
  );

  it('is refused to every plan where it is that of another shard, and read as damaged', async () => {
    const { driver, file } = newHost();
    await driver.apply('hv-1', { plan: 3, objects: [network] });
    const other = readFileSync(file, 'utf8').replace('shard-1', 'shard-2');
    writeFileSync(file, other);
    expect(await driver.read('hv-1')).toEqual({
      kind: 'unreadable',
      problem: 'the file of host hv-1 of shard-2',
    });
    for (const plan of [2, 3, 4])
      await expect(driver.apply('hv-1', { plan, objects: [] })).rejects.toThrow(
        `host hv-1 holds plan 3 of another shard and refuses plan ${String(plan)}`,
      );
    expect(readFileSync(file, 'utf8')).toBe(other);
  });

  it('from before hosts were marked with a digest is taken as it is', async () => {
    const { driver, file } = newHost();
    await driver.apply('hv-1', { plan: 1, objects: [network] });
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"digest":"[0-9a-f]+",/, ''));
    const reading = await driver.read('hv-1');
    expect(reading).toEqual({
      kind: 'objects',
      state: { plan: 1, objects: [network], digest: digestOfObjects([network]) },
    });
    await driver.apply('hv-1', { plan: 2, objects: [], history: new Map([[1, 'f'.repeat(64)]]) });
  });

  it('is named, with the ledger that it belongs to, where that is another one', async () => {
    const { driver, file, folder } = newHost();
    await driver.apply('hv-1', { plan: 1, objects: [network] });
    const stranger = embeddedDriver({ folder, ledger: 'l-2', shard: 'shard-1' });
    await expect(stranger.read('hv-1')).rejects.toThrow(`${file} belongs to ledger l-1: move it away`);
  });

  it('is replaced as a whole: what a failed change leaves beside it is removed', async () => {
    const { driver, file } = newHost();
    mkdirSync(`${file}.new`, { recursive: true });
    await expect(driver.apply('hv-1', { plan: 1, objects: [] })).rejects.toThrow(OverlayUnavailable);
    expect(existsSync(`${file}.new`)).toBe(false);
    await driver.apply('hv-1', { plan: 1, objects: [] });
  });
});

describe('the embedded overlay, asked about a packet', () => {
  const packet = (src: string, dst: string, dstPort = 443): Packet => ({
    ...{ src, dst, dstPort },
    ...{ protocol: 'tcp', srcPort: 40_000 },
  });

  async function wordsOn(
    stateOf: (host: string) => TownState,
    { from, sent }: { from: string; sent: Packet },
  ): Promise<string> {
    const folder = temporaryFolder();
    for (const { shard, host } of hostsOfTown) {
      const objects = await objectsFor(stateOf(host), shard);
      await embeddedDriver({ folder, ledger: 'l-1', shard }).apply(host, { plan: 1, objects });
    }
    const { rule } = await embeddedProbe({ folder, ledger: 'l-1' }).probe(from, sent);
    return rule.replace(/[0-9a-f]{24}/, 'ID');
  }

  it.each<[rule: string, from: string, sent: Packet]>([
    ['same network', 'acme/web-1', packet('10.1.0.1', '10.1.0.1')],
    ['ID', 'globex/app-1', packet('10.2.0.1', '10.1.0.1')],
    ['no egress acl on host hv-3 allows it', 'globex/app-1', packet('10.2.0.1', '10.1.0.1', 444)],
    [
      'port security of globex/app-1: 10.2.0.9 is not its own',
      'globex/app-1',
      packet('10.2.0.9', '10.1.0.1'),
    ],
    ["10.1.0.99 is nobody's, seen from globex/app-1", 'globex/app-1', packet('10.2.0.1', '10.1.0.99')],
  ])('says what decided: %s', async (rule, from, sent) => {
    expect(await wordsOn(() => 'open', { from, sent })).toBe(rule);
  });

  const granted = { from: 'globex/app-1', sent: packet('10.2.0.1', '10.1.0.1') };

  it('names the first host that drops it', async () => {
    const openBut =
      (host: string, state: TownState) =>
      (other: string): TownState =>
        other === host ? state : 'open';
    expect(await wordsOn(openBut('hv-1', 'closed'), granted)).toBe(
      'host hv-1 accepts no such packet from host hv-3',
    );
    expect(await wordsOn(openBut('hv-1', 'cut'), granted)).toBe('quarantine acl ID on host hv-1');
    expect(await wordsOn(openBut('hv-3', 'cut'), granted)).toBe('quarantine acl ID on host hv-3');
    expect(await wordsOn(() => 'cut', granted)).toBe('quarantine acl ID on host hv-3');
  });

  it('says what mends a damaged file', async () => {
    const { driver, file, folder } = newHost();
    await driver.apply('hv-1', { plan: 1, objects: [network] });
    writeFileSync(file, '{');
    const probe = embeddedProbe({ folder, ledger: 'l-1' });
    await expect(probe.probe(granted.from, granted.sent)).rejects.toThrow(
      /hv-1\.json is damaged: isoledger rebuild --shard shard-1 /,
    );
  });

  it('says how a port is named where there is no overlay yet', async () => {
    const probe = embeddedProbe({ folder: join(temporaryFolder(), 'none'), ledger: 'l-1' });
    await expect(probe.probe(granted.from, granted.sent)).rejects.toThrow(
      'no host of the overlay holds a port of globex/app-1: is it spelt tenant/endpoint, and synced?',
    );
  });
});
