import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../../infra/lab/lab.ts';
import { describeNeeding } from '../../support/needs.ts';
import { from, who, type Attack } from './attackers.ts';
import { behindHeaders, fragmented, fragmentedPing } from './attacks-in-parts.ts';
import { asked, claimed } from './attacks-on-neighbours.ts';
import { flooded, spoofed, uncalledFor, wrapped } from './attacks-on-packets.ts';
import { forgedTunnels, firstPing, tunnelIps, tunnelled } from './attacks-on-tunnels.ts';
import { labOf, packetNeeds, threeHosts } from './estates.ts';
import { echo, ip, ipFrame, macBytes, protocols, udp, uint16, virtualMac } from './frames.ts';
import { Packets, type Heard, type Sent } from './packets.ts';
import { seenIn } from './seen.ts';

const { web1, web2, db1, db2, app1, evil1 } = who;

/** How long an attack may take to arrive. What comes later is blamed on a later attack, and seen all the same. */
const settleMs = 80;

describeNeeding(packetNeeds, 'an attacker at a port of a switch', () => {
  let lab: Lab;
  let packets: Packets;

  beforeAll(async () => {
    lab = await labOf('at', threeHosts);
    packets = await Packets.open(lab, [53, 5432]);
  });

  afterAll(async () => {
    await packets[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  it('is heard where it may speak', async () => {
    const honest = [db1, db2].flatMap((to) =>
      [
        { source: app1.ip, target: to.ip },
        { source: app1.ip6, target: to.ip6 },
      ].map((ends) => ({
        to,
        packet: ip({ ...ends, protocol: protocols.udp }, udp(ends, { from: 19_000, to: 53 }, uint16(5))),
      })),
    );
    for (const { to, packet } of honest)
      await arrives(from(app1, ipFrame(app1.mac, packet)), { at: to.name, holding: packet.subarray(-10) });
    for (const to of [web1, web2])
      for (const [source, target] of [
        [app1.ip, to.ip],
        [app1.ip6, to.ip6],
      ] as const) {
        const sent = fragmentedPing({ source, target }, 19_100);
        const frames = sent.map((packet) => ipFrame(app1.mac, packet));
        await arrives(from(app1, ...frames), { at: to.name, holding: Buffer.from('zzzz') });
      }
  });

  it('is heard by nobody under another name', async () => {
    await areHeardByNobody(spoofed());
  });

  it('reaches no crowd', async () => {
    await areHeardByNobody(flooded());
  });

  it('is answered by the router alone, and tells no neighbour anything', async () => {
    const { sent } = asked();
    await packets.heard();
    await packets.send(sent);
    await pause(500);
    const heard = await packets.heard();
    const answers = heard.filter(({ at, frame }) => at === app1.name && isOfRouter(frame));
    expect(answers.map(({ frame }) => frame.readUInt16BE(12)).sort()).toEqual([0x0806, 0x86dd]);
    expect(heard.length).toBe(answers.length);
    await areHeardByNobody(claimed());
  });

  it('answers nobody who did not ask', async () => {
    await areHeardByNobody(uncalledFor());
  });

  it('hides nothing in frames', async () => {
    await areHeardByNobody(wrapped());
  });

  it('hides nothing in fragments', async () => {
    await areHeardByNobody(fragmented());
  });

  it('hides nothing behind headers', async () => {
    await areHeardByNobody(behindHeaders());
  });

  it('is no host', async () => {
    const forged = { sender: 'h3', source: tunnelIps.h1 };
    for (const kind of ['vxlan', 'geneve'] as const) {
      // Whoever can send from a host's own address is that host: then the networks that it carries get through.
      await packets.heard();
      await packets.send(tunnelled(kind, forged));
      await pause(500);
      const pings = (await packets.heard()).filter(({ at, frame }) => at === web2.name && isPing(frame));
      expect(pings, kind).toHaveLength(2);
    }
    await areHeardByNobody(forgedTunnels());
  });

  it('has left the switch as it was', async () => {
    expect(await lab.isoledger(['doctor'])).toMatchObject({ code: 0 });
    const packet = ip(
      { source: app1.ip, target: web2.ip, protocol: protocols.icmp },
      echo({ source: app1.ip, target: web2.ip }, { id: 19_200 }),
    );
    await arrives(from(app1, ipFrame(app1.mac, packet)), { at: web2.name, holding: uint16(19_200) });
  });

  async function arrives(sent: readonly Sent[], where: { at: string; holding: Buffer }): Promise<void> {
    await packets.heard();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await packets.send(sent);
      await pause(100);
      const heard = await packets.heard();
      if (heard.some(({ at, frame }) => at === where.at && frame.includes(where.holding))) return;
    }
    expect.fail(`nothing arrives at ${where.at}`);
  }

  async function areHeardByNobody(attacks: readonly Attack[]): Promise<void> {
    const leaks: string[] = [];
    await packets.heard();
    for (const { name, sent } of attacks) {
      await packets.send(sent);
      await pause(settleMs);
      for (const each of await packets.heard())
        // This one never asks as it should: so the router has nothing to tell it either.
        if (each.at === evil1.name || !isOfRouter(each.frame)) leaks.push(`${name}: ${wordsOf(each)}`);
    }
    expect(leaks).toEqual([]);
  }
});

/** Whether the router told this port how to reach somebody: the only frame that no workload sent. */
function isOfRouter(frame: Buffer): boolean {
  if (!frame.subarray(6, 12).equals(macBytes(virtualMac))) return false;
  const seen = seenIn(frame);
  if (seen.kind === 'other')
    return seen.type === 0x0806 && seen.payload.subarray(8, 14).equals(macBytes(virtualMac));
  const isAdvertisement = seen.protocol === protocols.icmpV6 && seen.payload.readUInt8(0) === 136;
  return isAdvertisement && seen.payload.subarray(26, 32).equals(macBytes(virtualMac));
}

function isPing(frame: Buffer): boolean {
  const seen = seenIn(frame);
  return seen.kind === 'ip' && seen.payload.length >= 6 && seen.payload.readUInt16BE(4) >= firstPing;
}

function wordsOf({ at, frame }: Heard): string {
  const seen = seenIn(frame);
  const what =
    seen.kind === 'ip' ? `${seen.source} to ${seen.target}, protocol ${String(seen.protocol)}` : 'no IP';
  return `${at} got ${what}: ${frame.toString('hex')}`;
}
