import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../../infra/lab/lab.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { TcpStream } from '../../../infra/lab/tcp-stream.ts';
import { describeNeeding } from '../../support/needs.ts';
import { from, who, type Who } from './attackers.ts';
import { change, probesNow, record, succeed } from './documents-of-lab.ts';
import { labOf, packetNeeds, threeHosts } from './estates.ts';
import { icmp, ip, ipFrame, isV6, protocols, udp, uint16, type Ends } from './frames.ts';
import { Packets } from './packets.ts';
import { Sampler, someDenied } from './sampler.ts';
import { seenIn } from './seen.ts';

const { web1, web2, db1, db2, app1, app2 } = who;

/** The longest that a flow may be heard after the command that takes it away has returned. */
const lateMsMax = 1_000;
const udpRule = '{ source: globex, segment: db, protocol: udp, ports: [53] }';
const tcpRule = '{ source: globex, segment: db, protocol: tcp, ports: [5432] }';

/** The ports of tunnels on each bridge. */
const tunnelPorts = { vxlan: 1, geneve: 2 } as const;

/** On one host, between two, and over IPv6. */
const flows = [
  { from: app1, ends: { source: app1.ip, target: db1.ip }, port: 53 },
  { from: app1, ends: { source: app1.ip, target: db2.ip }, port: 53 },
  { from: app2, ends: { source: app2.ip6, target: db1.ip6 }, port: 53 },
];

describeNeeding(packetNeeds, 'connections that are open', () => {
  let lab: Lab;
  let packets: Packets;
  let sampler: Sampler;

  beforeAll(async () => {
    lab = await labOf('lc', threeHosts);
    packets = await Packets.open(lab, [53]);
    const denied = someDenied(await probesNow(lab, [54, 5433]), { atMost: 24 });
    sampler = await Sampler.start(packets, { denied, flows });
  });

  afterAll(async () => {
    await packets[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  it('live through what widens and what concerns others', async () => {
    using streams = await openStreams();
    await areFlowing();
    for (const [piece, replacement] of [
      [tcpRule, tcpRule.replace('5432', '5432, "8000-8100"')],
      ['acme/db, protocol: tcp, ports: [5432]', 'acme/db, protocol: tcp, ports: [5432, "8000-8100"]'],
      ['protocol: tcp, ports: [443]', 'protocol: tcp, ports: [80]'],
      ['segments: [evil]', 'segments: [evil, more]'],
    ] as const) {
      await change(lab, piece, replacement);
      await areFlowing();
      expect(await streams.areAlive(), replacement).toEqual([true, true]);
    }
    expect(await sampler.strays()).toEqual([]);
  });

  it('live through another kind of tunnel, and then use it', async () => {
    using streams = await openStreams();
    await areFlowing();
    const before = await sentThrough('geneve');
    await change(lab, 'tunnel: vxlan', 'tunnel: geneve');
    await areFlowing();
    expect(await streams.areAlive()).toEqual([true, true]);
    // The switch counts for itself, and tells a little later.
    await expect.poll(() => sentThrough('geneve'), { timeout: 10_000 }).toBeGreaterThan(before);
    await change(lab, 'tunnel: geneve', 'tunnel: vxlan');
    await areFlowing();
    expect(await streams.areAlive()).toEqual([true, true]);
    expect(await sampler.strays()).toEqual([]);
  });

  it('may be told of errors, as long as they are', async () => {
    const told = async (): Promise<string[]> => {
      await sampler.strays();
      await packets.repeat([]);
      await packets.heard();
      const errors = [errorFrom(db2, flows[1]?.ends), errorFrom(db1, flows[2]?.ends)];
      await packets.send(errors.flatMap(({ sent }) => sent));
      await pause(300);
      // Not the errors of the kernels, who send their own about a flow's answers, some of them late.
      const heard = (await packets.heard()).filter(({ frame }) =>
        errors.some(({ message }) => isCarrying(message, frame)),
      );
      return heard.map(({ at }) => at).sort();
    };
    expect(await told()).toEqual([app1.name, app2.name]);
    await change(lab, udpRule, udpRule.replace('53', '5300'));
    expect(await told()).toEqual([]);
    await change(lab, udpRule.replace('53', '5300'), udpRule);
    const denied = someDenied(await probesNow(lab, [54, 5433]), { atMost: 24 });
    sampler = await Sampler.start(packets, { denied, flows });
    await areFlowing();
  });

  it('end when their grant does', async () => {
    using streams = await openStreams();
    await areFlowing();
    await record(lab, `  - ${tcpRule.replace('5432', '5432, "8000-8100"')}\n  - ${udpRule}\n`, '');
    await succeed(lab, ['sync']);
    await haveEnded(streams, performance.now());
    await change(lab, 'ingress:\n', `ingress:\n  - ${tcpRule}\n  - ${udpRule}\n`);
    await areFlowing();
  });

  it('end with quarantine, but for those within a segment', async () => {
    using streams = await openStreams();
    using inside = await TcpStream.open(lab, {
      ...{ from: web1.name, to: web2.name, address: web2.ip, port: 5432 },
    });
    await areFlowing();
    await succeed(lab, ['quarantine', 'acme', '--reason', 'an incident']);
    await haveEnded(streams, performance.now());
    expect(await inside.isAlive(lateMsMax)).toBe(true);
    await succeed(lab, ['release', 'acme']);
    await areFlowing();
    expect(await sampler.strays()).toEqual([]);
  });

  async function openStreams(): Promise<Streams> {
    const ends = [
      { from: app1, to: db1, address: db1.ip },
      { from: app2, to: db1, address: db1.ip6 },
    ];
    const streams: TcpStream[] = [];
    for (const { from, to, address } of ends)
      streams.push(await TcpStream.open(lab, { from: from.name, to: to.name, address, port: 5432 }));
    return new Streams(streams);
  }

  /** Each flow arrives, and its answers do. */
  async function areFlowing(): Promise<void> {
    const sinceMs = performance.now();
    for (const [index, { from: sender }] of flows.entries())
      await expect
        .poll(
          async () => {
            const { heardMs, answeredMs } = await sampler.arrivals(index);
            return [heardMs, answeredMs].every((times) => (times.at(-1) ?? 0) > sinceMs);
          },
          { timeout: 10_000, message: `${sender.name}, flow ${String(index)}` },
        )
        .toBe(true);
  }

  async function haveEnded(streams: Streams, returnedMs: number): Promise<void> {
    await pause(lateMsMax + 500);
    const lastMs = [...streams.heardMs];
    for (const index of flows.keys()) {
      const { heardMs, answeredMs } = await sampler.arrivals(index);
      lastMs.push(heardMs.at(-1) ?? 0, answeredMs.at(-1) ?? 0);
    }
    for (const ms of lastMs) expect(ms - returnedMs).toBeLessThan(lateMsMax);
    expect(await streams.areAlive()).toEqual([false, false]);
  }

  /** How many packets the hosts sent through tunnels of that kind. */
  async function sentThrough(kind: keyof typeof tunnelPorts): Promise<number> {
    const dump = ['dump-ports', bridgeNameOf('s1'), String(tunnelPorts[kind])];
    const said = await Promise.all(
      ['h1', 'h2'].map((host) => lab.tool(host, ['ovs-ofctl', '-O', 'OpenFlow15', ...dump])),
    );
    return said
      .map(({ out }) => Number(/tx pkts=(\d+)/.exec(out)?.[1] ?? NaN))
      .reduce((sum, count) => sum + count, 0);
  }
});

class Streams implements Disposable {
  readonly #streams: readonly TcpStream[];

  constructor(streams: readonly TcpStream[]) {
    this.#streams = streams;
  }

  get heardMs(): number[] {
    return this.#streams.map(({ heardAtMs }) => heardAtMs);
  }

  areAlive(): Promise<boolean[]> {
    return Promise.all(this.#streams.map((stream) => stream.isAlive(lateMsMax)));
  }

  [Symbol.dispose](): void {
    for (const each of this.#streams) each[Symbol.dispose]();
  }
}

/** From the one who was called: that nobody listens there. */
function errorFrom(called: Who, flow: Ends | undefined): { sent: ReturnType<typeof from>; message: Buffer } {
  const { source, target } = flow ?? { source: '', target: '' };
  const index = flows.findIndex(({ ends }) => ends === flow);
  const about = ip(
    { source, target, protocol: protocols.udp },
    udp({ source, target }, { from: 64_000 + index, to: 53 }, uint16(index)),
  );
  const ends = { source: target, target: source };
  const kind = isV6(source) ? { type: 1, code: 4 } : { type: 3, code: 3 };
  const protocol = isV6(source) ? protocols.icmpV6 : protocols.icmp;
  const message = icmp(ends, kind, Buffer.concat([Buffer.alloc(4), about]));
  return { sent: from(called, ipFrame(called.mac, ip({ ...ends, protocol }, message))), message };
}

function isCarrying(message: Buffer, frame: Buffer): boolean {
  const seen = seenIn(frame);
  return seen.kind === 'ip' && seen.payload.equals(message);
}
