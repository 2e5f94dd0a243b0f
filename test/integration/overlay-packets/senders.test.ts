import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../../infra/lab/lab.ts';
import { TcpStream } from '../../../infra/lab/tcp-stream.ts';
import { describeNeeding } from '../../support/needs.ts';
import { from } from './attackers.ts';
import { fragmentedPing } from './attacks-in-parts.ts';
import { change, succeed } from './documents-of-lab.ts';
import { labOf, packetNeeds } from './estates.ts';
import { ip, ipFrame, isV6, protocols, tcp, tcpFlags, udp, type Ends } from './frames.ts';
import { Packets, type Sent } from './packets.ts';
import { seenIn } from './seen.ts';
import { app1, db1, documents, heardAtWeb, others, own, web, web1, web2 } from './wide-external.ts';

/** The longest that packets may be heard after the command that takes them away has returned. */
const lateMsMax = 1_000;

/** How long packets may take to arrive. */
const settleMs = 500;

interface Sending {
  readonly name: string;
  readonly mac: string;
}

describeNeeding(packetNeeds, 'an external with the addresses of others', () => {
  let lab: Lab;
  let packets: Packets;
  let wide: Sending;
  let narrow: Sending;

  beforeAll(async () => {
    lab = await labOf('sn', documents);
    packets = await Packets.open(lab, [53, 443]);
    const gateway = (name: string): Sending => ({
      name,
      mac: lab.plan.workloads.find((each) => each.name === name)?.mac ?? '',
    });
    [wide, narrow] = [gateway('wide'), gateway('narrow')];
  });

  afterAll(async () => {
    await packets[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  it('is heard as itself', async () => {
    const heard = (): Promise<string[]> => sourcesHeard(wide, own, (ends) => [query(ends, 20_000)]);
    // The hosts have to find each other first.
    await expect.poll(heard, { timeout: 20_000 }).toEqual(toBothEnds(own, 1));
  });

  it('opens no connection, on one host and over a tunnel, and does with its own', async () => {
    const sources = await sourcesHeard(wide, [...own, ...others], (ends) => [
      query(ends, 20_001),
      segment(ends, { from: 20_002, to: 443 }, { flags: tcpFlags.syn }),
      ip({ ...ends, protocol: protocols.nameless }, Buffer.from('nameless')),
    ]);
    expect(sources).toEqual(toBothEnds(own, 3));
  });

  it('sends nothing in fragments, and does with its own', async () => {
    let id = 100;
    const sources = await sourcesHeard(wide, [...own, ...others], (ends) => fragmentedPing(ends, (id += 1)));
    expect(sources).toEqual(toBothEnds(own, 2));
  });

  it('is heard as the one whose prefix is the longest, and that one as no other', async () => {
    const sources = await sourcesHeard(narrow, ['10.200.0.7', 'fd00:200::7', ...own], (ends) => [
      query(ends, 20_003),
    ]);
    expect(sources).toEqual(toBothEnds(['10.200.0.7', 'fd00:200::7'], 1));
  });

  it('says nothing in what is open between others', async () => {
    for (const { name, address, ends } of [
      { name: web1.name, address: web1.ip, ends: { source: app1.ip, target: web1.ip } },
      { name: web2.name, address: web2.ip6, ends: { source: app1.ip6, target: web2.ip6 } },
    ]) {
      using stream = await TcpStream.open(lab, { from: app1.name, to: name, address, port: 5432 });
      const last = await lastOfStream(name, ends);
      const ports = { from: last.readUInt16BE(0), to: 5432 };
      const into = (sequence: number, data: string): Buffer =>
        segment(ends, ports, {
          flags: tcpFlags.ack,
          sequence,
          acknowledged: last.readUInt32BE(8),
          data: Buffer.from(data),
        });
      const forged = [0, 1, 2, 3].map((more) => into(last.readUInt32BE(4) + more, 'forged words'));
      // In an open exchange of UDP, too.
      await packets.send(from(app1, ipFrame(app1.mac, query(ends, 20_004))));
      await pause(100);
      await packets.heard();
      await packets.send(
        from(
          wide,
          ...[...forged, query(ends, 20_004, 'forged words')].map((packet) => ipFrame(wide.mac, packet)),
        ),
      );
      await pause(settleMs);
      const heard = await packets.heard();
      expect(heard.filter(({ frame }) => frame.includes('forged words'))).toEqual([]);
      expect(await stream.isAlive(1_000)).toBe(true);
    }
  });

  it('is heard as somebody no longer once that one is there, within what is going on', async () => {
    const ends = web.flatMap(({ ip: v4, ip6 }) => [
      { source: '10.1.1.9', target: v4 },
      { source: 'fd00:1:1::9', target: ip6 },
    ]);
    const sent = from(wide, ...ends.map((each) => ipFrame(wide.mac, query(each, 20_006))));
    const hears = async (): Promise<string[]> => {
      await packets.heard();
      await pause(settleMs);
      return [...new Set(heardAtWeb(await packets.heard(), sent))];
    };
    await packets.repeat(sent);
    expect(await hears()).toEqual(toBothEnds(['10.1.1.9', 'fd00:1:1::9'], 1));
    const known = '  - { name: db-1, ';
    const newcomer = `  - { name: db-9, segment: db, ip: [10.1.1.9, "fd00:1:1::9"], mac: "02:00:0a:01:01:09", host: h2, interface: db9 }\n`;
    await change(lab, known, `${newcomer}${known}`);
    await pause(lateMsMax);
    expect(await hears()).toEqual([]);
    await packets.repeat([]);
    await change(lab, newcomer, '');
    await packets.repeat(sent);
    await expect.poll(hears, { timeout: 20_000 }).toEqual(toBothEnds(['10.1.1.9', 'fd00:1:1::9'], 1));
    await packets.repeat([]);
  });

  it('goes on hearing what it called, while other externals and more addresses come', async () => {
    const streams = [
      { from: 'wide', to: web1.name, address: web1.ip, port: 8001 },
      { from: 'wide', to: web2.name, address: web2.ip6, port: 8002 },
      { from: app1.name, to: web2.name, address: web2.ip, port: 5432 },
    ];
    using open = new DisposableStack();
    const quiet = await Promise.all(
      streams.map(async (ends) => open.use(await TcpStream.open(lab, { ...ends, speaker: 'called' }))),
    );
    const known = '{ kind: External, external: narrow,';
    const another =
      '{ kind: External, external: more, cidrs: [192.0.2.0/24], gateway: { host: h2, interface: ext-more, mac: "02:00:0e:00:00:07" } }\n---\n';
    for (const [piece, replacement] of [
      [known, `${another}${known}`],
      [`[${web2.ip}, "${web2.ip6}"]`, `[10.1.0.22, ${web2.ip}, "${web2.ip6}"]`],
      [`[${app1.ip}, "${app1.ip6}"]`, `[${app1.ip}, "${app1.ip6}", 10.2.0.11]`],
    ] as const) {
      await change(lab, piece, replacement);
      expect(await Promise.all(quiet.map((stream) => stream.isAlive(lateMsMax))), replacement).toEqual([
        true,
        true,
        true,
      ]);
    }
  });

  it('is not taken for who goes on in quarantine', async () => {
    await succeed(lab, ['quarantine', 'acme', '--reason', 'an incident']);
    const sent = (ends: Ends): Buffer[] => [query(ends, 20_005)];
    expect(await sourcesHeard(wide, [...own, ...others], sent)).toEqual([]);
    expect(await sourcesHeard(db1, [db1.ip, db1.ip6], sent)).toEqual(toBothEnds([db1.ip, db1.ip6], 1));
    await succeed(lab, ['release', 'acme']);
    expect(await sourcesHeard(wide, [...own, ...others], sent)).toEqual(toBothEnds(own, 1));
  });

  it('is told as attempts', async () => {
    expect(await succeed(lab, ['status'])).toMatch(/wide\b.*acme\/web/);
  });

  /** As whom a sender is heard at each end of `acme/web`, once for each packet. */
  async function sourcesHeard(
    sender: Sending,
    sources: readonly string[],
    packetsOf: (ends: Ends) => Buffer[],
  ): Promise<string[]> {
    const sent = web.flatMap(({ ip: v4, ip6 }) =>
      sources.flatMap((source): Sent[] => {
        const target = isV6(source) ? ip6 : v4;
        if (source === target) return [];
        return from(sender, ...packetsOf({ source, target }).map((packet) => ipFrame(sender.mac, packet)));
      }),
    );
    await packets.heard();
    await packets.send(sent);
    await pause(settleMs);
    return heardAtWeb(await packets.heard(), sent);
  }

  /** The last segment of a stream that was heard at its receiver. */
  async function lastOfStream(at: string, { source }: Ends): Promise<Buffer> {
    await packets.heard();
    await pause(200);
    const payloads = (await packets.heard()).flatMap(({ at: place, frame }) => {
      const seen = seenIn(frame);
      return place === at && seen.kind === 'ip' && seen.source === source ? [seen.payload] : [];
    });
    const last = payloads.findLast((payload) => payload.readUInt16BE(2) === 5432);
    if (last === undefined) throw new Error('nothing of the stream is heard');
    return last;
  }
});

function toBothEnds(sources: readonly string[], times: number): string[] {
  return web
    .flatMap(({ name }) => sources.flatMap((source) => new Array<string>(times).fill(`${name} ${source}`)))
    .sort();
}

function query(ends: Ends, port: number, data = 'a question'): Buffer {
  return ip({ ...ends, protocol: protocols.udp }, udp(ends, { from: port, to: 53 }, Buffer.from(data)));
}

function segment(...[ends, ports, said]: Parameters<typeof tcp>): Buffer {
  return ip({ ...ends, protocol: protocols.tcp }, tcp(ends, ports, said));
}
