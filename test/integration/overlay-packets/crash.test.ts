import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../../infra/lab/lab.ts';
import { seededRandom } from '../../bench/estate/random.ts';
import { describeNeeding } from '../../support/needs.ts';
import { from, who } from './attackers.ts';
import { probesNow, recordText, succeed, textOf } from './documents-of-lab.ts';
import { labOf, packetNeeds, threeHosts } from './estates.ts';
import { differencesOf, traceOf, type Probe } from './matrix.ts';
import { Packets } from './packets.ts';
import { Sampler, someDenied } from './sampler.ts';

const seed = Number(process.env['ISOLEDGER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const ports = [53, 5432, 5433];

/** An applier lives no longer, from its start: it has begun to drive hosts then, or is just done. */
const lifeMsMax = 1_500;
const killings = 3;

const atFirstHost = new Set<string>([who.web1, who.db1, who.app1, who.evil1].map(({ name }) => name));

function isAtFirstHost(name: string | undefined): boolean {
  return name !== undefined && atFirstHost.has(name);
}

function isWithinFirstHost({ from: sender, receiver }: Probe): boolean {
  return isAtFirstHost(sender) && isAtFirstHost(receiver);
}

describeNeeding(packetNeeds, 'after a crash', () => {
  let lab: Lab;
  let packets: Packets;
  let sampler: Sampler;
  /** Two sets of documents, and what should become of packets under each. */
  let sides: { text: string; probes: Probe[] }[];
  let side = 0;

  beforeAll(async () => {
    lab = await labOf('cr', threeHosts);
    packets = await Packets.open(lab, ports);
    const text = textOf(lab);
    const other = text.replaceAll('ports: [5432]', 'ports: [5433]').replaceAll('icmp }', 'udp }');
    const first = { text, probes: await probesNow(lab, ports) };
    await recordText(lab, other);
    sides = [first, { text: other, probes: await probesNow(lab, ports) }];
    await recordText(lab, text);
    const never = first.probes.filter(({ receiver }, index) =>
      [receiver, sides[1]?.probes[index]?.receiver].every((each) => each === undefined),
    );
    sampler = await Sampler.start(packets, { denied: someDenied(never, { atMost: 20 }), flows: [] });
  });

  afterAll(async () => {
    await packets[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  it('of the applier, at any moment, the next one completes the change', async () => {
    const random = seededRandom(seed);
    for (let round = 0; round < killings; round += 1) {
      await turn();
      const timeoutMs = 200 + random.below(lifeMsMax);
      await lab.isoledger(['sync'], { timeoutMs });
      await isAsTheDocumentsSay(`seed ${String(seed)}, killed after ${String(timeoutMs)} ms`);
    }
  });

  it('of a switch nothing passes until the applier comes', async () => {
    await lab.kill('h1', 'ovs-vswitchd');
    await lab.start('h1', 'ovs-vswitchd');
    const allowed = (sides[side]?.probes ?? []).filter(({ receiver }) => receiver !== undefined);
    const ends = (probe: Probe): boolean[] => [probe.from, probe.receiver].map(isAtFirstHost);
    expect(await thatPass(allowed.filter((probe) => ends(probe).includes(true)))).toEqual([]);
    await isAsTheDocumentsSay('ovs-vswitchd');
  });

  it('of the database of a switch packets go on as before', async () => {
    await lab.kill('h2', 'ovsdb-server');
    await turn();
    const away = await lab.isoledger(['sync', '--timeout', '1s']);
    expect(away.code).toBe(5);
    expect(await sampler.strays()).toEqual([]);
    await lab.start('h2', 'ovsdb-server');
    await isAsTheDocumentsSay('ovsdb-server');
  });

  it('of both while hosts are driven, they are driven again', async () => {
    await turn();
    const driven = lab.isoledger(['sync', '--timeout', '20s']);
    await pause(600);
    await lab.kill('h1', 'ovs-vswitchd');
    await lab.kill('h1', 'ovsdb-server');
    await lab.start('h1', 'ovsdb-server');
    await lab.start('h1', 'ovs-vswitchd');
    expect((await driven).code).toBe(0);
    await isAsTheDocumentsSay('both');
  });

  it('of nothing, but beside a host that stands still, the others are driven, and it is once it goes on', async () => {
    const former = sides[side]?.probes ?? [];
    lab.pause('h2');
    await turn();
    const driven = lab.isoledger(['sync']);
    const revoked = former.filter(
      (probe, index) =>
        isWithinFirstHost(probe) &&
        probe.receiver !== undefined &&
        sides[side]?.probes[index]?.receiver === undefined,
    );
    expect(revoked).not.toEqual([]);
    await expect.poll(() => thatPass(revoked), { timeout: 30_000 }).toEqual([]);
    lab.resume('h2');
    expect((await driven).code).toBe(0);
    await isAsTheDocumentsSay('a pause');
  });

  it('of a whole host, which has forgotten everything, it is as it was', async () => {
    await turn();
    await lab.rebootEmpty('h2');
    await isAsTheDocumentsSay('a reboot');
  });

  /** The other documents, recorded and not driven. */
  async function turn(): Promise<void> {
    side = 1 - side;
    await recordText(lab, sides[side]?.text ?? '');
  }

  async function isAsTheDocumentsSay(after: string): Promise<void> {
    expect(await sampler.strays(), after).toEqual([]);
    await succeed(lab, ['sync']);
    await succeed(lab, ['status']);
    await succeed(lab, ['verify']);
    expect(await sampler.strays(), after).toEqual([]);
    expect(await differencesOf(packets, sides[side]?.probes ?? []), after).toEqual([]);
  }

  /** The workloads at which some of these are heard now. */
  async function thatPass(probes: readonly Probe[]): Promise<string[]> {
    const ids = new Set(probes.map(({ id }) => id));
    expect(await sampler.strays()).toEqual([]);
    await packets.send(probes.flatMap((probe) => from({ name: probe.from }, probe.frame)));
    await pause(300);
    const heard = await packets.heard();
    return heard.filter(({ frame }) => ids.has(traceOf(frame)?.id ?? 0)).map(({ at }) => at);
  }
});
