import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import { embeddedProbe } from '../../../src/overlay/embedded/probe.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver, Packet } from '../../../src/overlay/port.ts';
import { hostsOfTown, objectsFor, type TownState } from '../../contract/driver/town.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { expectedSet, nothingExpected, wholeSet } from '../../support/host-change.ts';

// What the port promises is tested in test/contract/driver.test.ts: here is what only the embedded overlay does.

const network = { kind: 'network', vni: 5000, segment: 'acme/web' } as const;

const qosOf = (endpoint: string): string => JSON.stringify({ kind: 'qos', endpoint });

function newHost(): { driver: OverlayDriver; file: string; folder: string } {
  const folder = temporaryFolder();
  const driver = embeddedDriver({ folder, ledger: 'l-1', shard: 'shard-1' });
  return { driver, file: join(folder, 'shard-1', 'hv-1.jsonl'), folder };
}

describe('the file of a host', () => {
  it('is the same bytes for the same set, in whatever order it comes', async () => {
    const { driver, file } = newHost();
    const objects = await objectsFor('open');
    await driver.apply('hv-1', wholeSet({ plan: 1, objects }));
    const bytes = readFileSync(file);
    await driver.apply('hv-1', wholeSet({ plan: 1, objects: objects.toReversed() }));
    expect(readFileSync(file)).toEqual(bytes);
  });

  it.each<[string, (whole: string) => string, RegExp]>([
    ['a file that was cut', (whole) => whole.slice(0, -4), /^a set of objects that no change closes$/],
    [
      'a file that was cut in an object',
      (whole) => whole.slice(0, whole.indexOf('acme')),
      /^line 2 that is no whole JSON text$/,
    ],
    ['an empty file', () => '', /^a first line that is no whole JSON text$/],
    [
      'a file that was edited beyond reading',
      (whole) => whole.replace('5000', '"many"'),
      /^line 2 that is no object: vni: /,
    ],
    [
      'a file whose set is closed beyond reading',
      (whole) => whole.replace('"plan":1', '"plan":0'),
      /^line 3 that is no change of a host: plan: /,
    ],
    [
      'a file of something else',
      () => '[]',
      /^a first line that is no head of a host file: a list stands where a mapping should$/,
    ],
    ['a file with an empty line', (whole) => `${whole}\n`, /^line 4 that is no whole JSON text$/],
    [
      'the file of another host',
      (whole) => whole.replace('hv-1', 'hv-2'),
      /^the file of host hv-2 of shard-1$/,
    ],
    [
      'a file in which something stands twice',
      (whole) => whole.replace(/\n(.*)\n/, '\n$1\n$1\n'),
      /^line 3, in which network\/5000\/acme\/web stands twice$/,
    ],
    [
      'a file in which something stands twice, the second time below the mark',
      (whole) => `${whole}${JSON.stringify({ ...network, vni: 5000 })}`,
      /^line 4, in which network\/5000\/acme\/web stands twice$/,
    ],
    [
      'a file with a change in which something stands twice',
      (whole) => whole.replace('"objects":1', `"objects":1,"put":[${[1, 2].map(() => qosOf('a')).join()}]`),
      /^line 3, in which qos\/a stands twice$/,
    ],
    [
      'a file with an endpoint of half a character',
      (whole) => whole.replace('\n', `\n${qosOf('\ud800')}\n`),
      /^line 2, in which qos\/\ufffd holds half a character$/,
    ],
    [
      'a file with half a character in a change',
      (whole) => whole.replace('"objects":1', `"objects":1,"put":[${qosOf('\ud800')}]`),
      /^line 3, in which qos\/\ufffd holds half a character$/,
    ],
    [
      'a file with an object that no event could hold',
      (whole) => whole.replace('\n', `\n${qosOf('x'.repeat(70_000))}\n`),
      /^line 2, in which qos\/x{95}… has 70\d\d\d bytes$/,
    ],
    [
      'the file of a host without end',
      (whole) => whole.replace('hv-1', 'h'.repeat(100_000)),
      /^a first line that is longer than 4096 bytes$/,
    ],
    [
      'the file of a host of a long name',
      (whole) => whole.replace('hv-1', 'h'.repeat(1_000)),
      /^the file of host h{99}… of shard-1$/,
    ],
    [
      'a file with a key without end',
      (whole) => whole.replace('"kind"', `"${'k'.repeat(100_000)}":1,"kind"`),
      /^line 2 that is no object: .{900,}…$/,
    ],
  ])(
    'is damaged where it is %s: the reading says why, and a whole set restores it',
    async (_what, spoil, problem) => {
      const { driver, file } = newHost();
      const target = { plan: 1, objects: [network] };
      await driver.apply('hv-1', wholeSet(target));
      const whole = readFileSync(file, 'utf8');
      const spoilt = spoil(whole);
      expect(spoilt).not.toBe(whole);
      writeFileSync(file, spoilt);
      const reading = await driver.read('hv-1', expectedSet([network]));
      expect(reading.kind === 'unreadable' ? reading.problem : reading.kind).toMatch(problem);
      await driver.apply('hv-1', wholeSet(target));
      expect(readFileSync(file, 'utf8')).toBe(whole);
    },
  );

  it('is refused to every plan where it is that of another shard, and read as damaged', async () => {
    const { driver, file } = newHost();
    await driver.apply('hv-1', wholeSet({ plan: 3, objects: [network] }));
    const other = readFileSync(file, 'utf8').replace('shard-1', 'shard-2');
    writeFileSync(file, other);
    const unreadable = { kind: 'unreadable', problem: 'the file of host hv-1 of shard-2' };
    expect(await driver.read('hv-1', nothingExpected)).toEqual({ ...unreadable, ofAnother: 3 });
    expect(await driver.mark('hv-1')).toEqual(unreadable);
    for (const plan of [2, 3, 4])
      await expect(driver.apply('hv-1', wholeSet({ plan, objects: [] }))).rejects.toThrow(
        `host hv-1 holds plan 3 of another shard and refuses plan ${String(plan)}`,
      );
    expect(readFileSync(file, 'utf8')).toBe(other);
  });

  it('is named, with the ledger that it belongs to, where that is another one', async () => {
    const { driver, file, folder } = newHost();
    await driver.apply('hv-1', wholeSet({ plan: 1, objects: [network] }));
    const stranger = embeddedDriver({ folder, ledger: 'l-2', shard: 'shard-1' });
    const problem = `${file} belongs to ledger l-1: move it away`;
    await expect(stranger.read('hv-1', nothingExpected)).rejects.toThrow(problem);
    await expect(stranger.mark('hv-1')).rejects.toThrow(problem);
  });

  it('is replaced as a whole: what a failed change leaves beside it is removed', async () => {
    const { driver, file } = newHost();
    mkdirSync(`${file}.new`, { recursive: true });
    const change = wholeSet({ plan: 1, objects: [] });
    await expect(driver.apply('hv-1', change)).rejects.toThrow(OverlayUnavailable);
    expect(existsSync(`${file}.new`)).toBe(false);
    await driver.apply('hv-1', change);
  });

  it('is for its owner and group alone, also after it was replaced', async () => {
    const { driver, file } = newHost();
    for (const plan of [1, 2]) await driver.apply('hv-1', wholeSet({ plan, objects: [] }));
    expect(statSync(file).mode & 0o777).toBe(0o640);
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
      const objects = (await objectsFor(stateOf(host), shard)).flatMap((object) =>
        object.kind === 'binding' && object.endpoint === 'acme/web-1'
          ? [object, { ...object, endpoint: 'acme/web-2', interface: 'vm-web-2', ips: ['10.1.0.2'] }]
          : [object],
      );
      await embeddedDriver({ folder, ledger: 'l-1', shard }).apply(host, wholeSet({ plan: 1, objects }));
    }
    const { rule } = await embeddedProbe({ folder, ledger: 'l-1' }).probe(from, sent);
    return rule.replace(/[0-9a-f]{24}/, 'ID');
  }

  it.each<[rule: string, from: string, sent: Packet]>([
    ['same network', 'acme/web-1', packet('10.1.0.1', '10.1.0.2')],
    [
      "10.1.0.1 is acme/web-1's own, and host hv-1 sends nothing back to where it came from",
      'acme/web-1',
      packet('10.1.0.1', '10.1.0.1'),
    ],
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

  it('says of an external as whom it may not speak to whom', async () => {
    const asked = { from: 'internet', sent: packet('10.2.0.1', '10.1.0.1') };
    expect(await wordsOn(() => 'internet let in', asked)).toBe(
      "10.2.0.1 is not internet's, seen from acme/web-1",
    );
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
    await driver.apply('hv-1', wholeSet({ plan: 1, objects: [network] }));
    writeFileSync(file, '{');
    const probe = embeddedProbe({ folder, ledger: 'l-1' });
    await expect(probe.probe(granted.from, granted.sent)).rejects.toThrow(
      /hv-1\.jsonl is damaged: isoledger rebuild --shard shard-1 /,
    );
  });

  it('says how a port is named where there is no overlay yet', async () => {
    const probe = embeddedProbe({ folder: join(temporaryFolder(), 'none'), ledger: 'l-1' });
    await expect(probe.probe(granted.from, granted.sent)).rejects.toThrow(
      'no host of the overlay holds a port of globex/app-1: is it spelt tenant/endpoint, and synced?',
    );
  });
});
