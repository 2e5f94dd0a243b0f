import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../../infra/lab/lab.ts';
import { describeNeeding } from '../../support/needs.ts';
import { from, who } from './attackers.ts';
import { fragmentedPing, leftBehind, leftMark } from './attacks-in-parts.ts';
import { labOf, packetNeeds, threeHosts } from './estates.ts';
import { echo, ip, ipFrame, protocols, tcp, tcpFlags, udp, uint16, type Ends } from './frames.ts';
import { Packets, type Sent } from './packets.ts';

const { web1, web2, db1, db2, app2 } = who;

/** A switch gives fragments up after 15 seconds, and lets them go on with whatever packet comes next. */
const rounds = 14;
const afterwardsMs = 18_000;

describeNeeding(packetNeeds, 'fragments that a switch holds back', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await labOf('fl', threeHosts);
  });

  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  });

  it('reach nobody in the place of the packets of others, and hinder no fragment that may pass', async () => {
    await using packets = await Packets.open(lab, [53, 5432]);
    await packets.repeat(ofOthers(), 5);
    const seen: string[] = [];
    let pings = 0;
    const listen = async (): Promise<void> => {
      for (const { at, frame } of await packets.heard()) {
        if (frame.includes(leftMark)) seen.push(`${at}: ${frame.subarray(0, 60).toString('hex')}`);
        if (frame.includes('zzzzzzzz')) pings += 1;
      }
    };
    const started = performance.now();
    for (
      let round = 0;
      round < rounds || performance.now() - started < rounds * 1000 + afterwardsMs;
      round += 1
    ) {
      if (round < rounds) await packets.send(leftBehind(round));
      await packets.send(allowed(30_000 + round));
      await pause(1000);
      await listen();
    }
    await packets.repeat([]);
    await listen();
    expect([...new Set(seen)]).toEqual([]);
    // Two fragments at each of two targets, in two families, and their answers.
    expect(pings).toBeGreaterThan(rounds * 8);
  });
});

/** Ordinary traffic of another workload at the same hosts: connections that are open, and such that are new again and again. */
function ofOthers(): Sent[] {
  const frames = [db1, db2].flatMap((target) =>
    both(app2, target).flatMap((ends) => [
      ip({ ...ends, protocol: protocols.udp }, udp(ends, { from: 25_000, to: 53 }, uint16(7))),
      ip(
        { ...ends, protocol: protocols.tcp },
        tcp(ends, { from: 25_001, to: 5432 }, { flags: tcpFlags.syn, data: Buffer.alloc(0) }),
      ),
    ]),
  );
  const pings = [web1, web2].flatMap((target) =>
    both(app2, target).map((ends) =>
      ip(
        { ...ends, protocol: ends.source.includes(':') ? protocols.icmpV6 : protocols.icmp },
        echo(ends, { id: 25_002 }),
      ),
    ),
  );
  return from(app2, ...[...frames, ...pings].map((packet) => ipFrame(app2.mac, packet)));
}

function allowed(id: number): Sent[] {
  const pings = [web1, web2].flatMap((target) =>
    both(app2, target).flatMap((ends) => fragmentedPing(ends, id)),
  );
  return from(app2, ...pings.map((packet) => ipFrame(app2.mac, packet)));
}

function both(sender: typeof app2, target: { readonly ip: string; readonly ip6: string }): Ends[] {
  return [
    { source: sender.ip, target: target.ip },
    { source: sender.ip6, target: target.ip6 },
  ];
}
