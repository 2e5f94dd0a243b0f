import { from, who, type Attack, type Who } from './attackers.ts';
import {
  addressBytes,
  broadcastMac,
  echo,
  ethernet,
  errorsAbout,
  ip,
  ipFrame,
  isV6,
  protocols,
  tcp,
  tcpFlags,
  udp,
  uint16,
  virtualMac,
  type Ends,
} from './frames.ts';

const { web1, web2, db1, db2, app1, app2, evil1 } = who;

/** What `globex/app` may send: to the database, over UDP. */
function query(source: string, target: string, port = 53): Buffer {
  const ends = { source, target };
  return ip({ ...ends, protocol: protocols.udp }, udp(ends, { from: 20_000, to: port }, uint16(1)));
}

function open(source: string, target: string, port = 5432): Buffer {
  const ends = { source, target };
  const segment = tcp(ends, { from: 20_001, to: port }, { flags: tcpFlags.syn });
  return ip({ ...ends, protocol: protocols.tcp }, segment);
}

function ping(source: string, target: string): Buffer {
  const ends = { source, target };
  const protocol = isV6(source) ? protocols.icmpV6 : protocols.icmp;
  return ip({ ...ends, protocol }, echo(ends, { id: 20_002 }));
}

/** Packets whose sender is not who they say. */
export function spoofed(): Attack[] {
  const noSources = ['0.0.0.0', '127.0.0.1', '255.255.255.255', '224.0.0.1', '169.254.1.1', '192.0.2.1'];
  const noSources6 = ['::', '::1', 'ff02::1', 'fe80::1', '2001:db8:99::1', '::ffff:0a02:1'];
  return [
    {
      name: 'the address of another workload',
      sent: from(
        app1,
        ...[app2, web1, web2, db1, evil1]
          .flatMap(({ ip: source, ip6 }) => [
            ...[db1, db2].flatMap((to) => [query(source, to.ip), open(source, to.ip), query(ip6, to.ip6)]),
            ...[ping(source, web2.ip), ping(ip6, web2.ip6)],
          ])
          .map((packet) => ipFrame(app1.mac, packet)),
      ),
    },
    {
      name: 'an address and a MAC of another workload',
      sent: from(
        evil1,
        ...[app1, app2, web1].flatMap(({ ip: source, ip6, mac }) => [
          ipFrame(mac, query(source, db1.ip)),
          ipFrame(mac, open(ip6, db2.ip6)),
          ipFrame(mac, ping(source, web2.ip)),
        ]),
      ),
    },
    {
      name: 'the MAC of another workload, of the router, of all',
      sent: from(
        app1,
        ...[app2.mac, db1.mac, virtualMac, broadcastMac, '00:00:00:00:00:00'].flatMap((mac) => [
          ipFrame(mac, query(app1.ip, db1.ip)),
          ipFrame(mac, open(app1.ip6, db2.ip6)),
        ]),
      ),
    },
    {
      name: 'an address that no workload has',
      sent: from(
        app1,
        ...noSources.map((source) => ipFrame(app1.mac, query(source, db1.ip))),
        ...noSources6.map((source) => ipFrame(app1.mac, query(source, db1.ip6))),
      ),
    },
    {
      name: 'an address outside of what the external is',
      sent: from(
        { name: 'vpn' },
        ...['10.2.0.1', '198.51.100.1', '192.0.3.1', '10.1.0.2'].map((source) =>
          ipFrame('02:1a:b0:00:00:01', open(source, web1.ip, 443)),
        ),
      ),
    },
  ];
}

/** Allowed and denied packets for everybody's MAC, or past the router. */
export function flooded(): Attack[] {
  const multicasts = [
    ['01:00:5e:00:00:fb', '224.0.0.251'],
    ['01:00:5e:00:00:01', '224.0.0.1'],
    ['01:00:5e:7f:ff:fa', '239.255.255.250'],
    [virtualMac, '224.0.0.1'],
    ['33:33:00:00:00:01', 'ff02::1'],
    ['33:33:00:00:00:fb', 'ff02::fb'],
    [virtualMac, 'ff02::1'],
    [virtualMac, 'ff0e::1'],
  ] as const;
  return [app1, evil1].flatMap((attacker) => [
    {
      name: `broadcasts of ${attacker.name}`,
      sent: from(
        attacker,
        ...[
          ...[query(attacker.ip, '255.255.255.255', 67), query('0.0.0.0', '255.255.255.255', 67)],
          ...[query(attacker.ip, '10.255.255.255'), query(attacker.ip, '10.2.0.255')],
          ...[query(attacker.ip, db1.ip), ping(attacker.ip, web1.ip), query(attacker.ip6, db2.ip6)],
        ].flatMap((packet) => [
          ipFrame(attacker.mac, packet, broadcastMac),
          ...(isUnicast(packet) ? [] : [ipFrame(attacker.mac, packet)]),
        ]),
      ),
    },
    {
      name: `multicasts of ${attacker.name}`,
      sent: from(
        attacker,
        ...multicasts.map(([mac, group]) => {
          const source = isV6(group) ? attacker.ip6 : attacker.ip;
          return ipFrame(attacker.mac, query(source, group, 5353), mac);
        }),
      ),
    },
    {
      name: `frames of ${attacker.name} for a workload's own MAC`,
      sent: from(
        attacker,
        ...[web1, web2, db1, db2].flatMap(({ mac, ip: target, ip6 }) => [
          ipFrame(attacker.mac, query(attacker.ip, target), mac),
          ipFrame(attacker.mac, ping(attacker.ip6, ip6), mac),
        ]),
      ),
    },
  ]);
}

function isUnicast(packet: Buffer): boolean {
  return [db1.ip, web1.ip, db2.ip6].some((target) => packet.includes(addressBytes(target)));
}

/** Answers to what nobody asked. The senders may be called by those whom they send to, and not the other way round. */
export function uncalledFor(): Attack[] {
  const callers = [app1, app2];
  const pairs = [db1, db2].flatMap((sender) => callers.map((caller) => ({ sender, caller })));
  return [
    {
      name: 'segments of TCP that no SYN came before',
      sent: pairs.flatMap(({ sender, caller }) =>
        endsOf(sender, caller).flatMap((ends) =>
          [
            tcpFlags.syn | tcpFlags.ack,
            tcpFlags.ack,
            tcpFlags.rst,
            tcpFlags.rst | tcpFlags.ack,
            tcpFlags.fin | tcpFlags.ack,
            tcpFlags.syn,
            0,
            63,
          ].flatMap((flags, index) => {
            const segment = tcp(ends, { from: 5432, to: 30_000 + index }, { flags, acknowledged: 1001 });
            return from(sender, ipFrame(sender.mac, ip({ ...ends, protocol: protocols.tcp }, segment)));
          }),
        ),
      ),
    },
    {
      name: 'answers over UDP, and to pings, that nobody asked for',
      sent: [
        ...pairs.flatMap(({ sender, caller }) =>
          endsOf(sender, caller).flatMap((ends) => {
            const datagram = udp(ends, { from: 53, to: 30_100 }, uint16(7));
            return from(sender, ipFrame(sender.mac, ip({ ...ends, protocol: protocols.udp }, datagram)));
          }),
        ),
        ...[web1, web2].flatMap((sender) =>
          endsOf(sender, app1).flatMap((ends) => {
            const protocol = isV6(ends.source) ? protocols.icmpV6 : protocols.icmp;
            const reply = echo(ends, { id: 30_101, isReply: true });
            return from(sender, ipFrame(sender.mac, ip({ ...ends, protocol }, reply)));
          }),
        ),
      ],
    },
    {
      name: 'errors about packets that were never sent',
      sent: pairs.flatMap(({ sender, caller }) =>
        endsOf(sender, caller)
          .flatMap((ends) => [
            ...errorsAbout(ends, open(ends.target, ends.source)),
            ...errorsAbout(ends, query(ends.target, ends.source, 54)),
            ...errorsAbout(ends, ping(ends.target, ends.source)),
          ])
          .flatMap((packet) => from(sender, ipFrame(sender.mac, packet))),
      ),
    },
  ];
}

function endsOf(sender: Who, target: Who): Ends[] {
  return [
    { source: sender.ip, target: target.ip },
    { source: sender.ip6, target: target.ip6 },
  ];
}

/** Frames that are not plain IP: tags, labels, protocols of links; and those that only look like IP. */
export function wrapped(): Attack[] {
  const packet = query(app1.ip, db1.ip);
  const remote = open(app1.ip, db2.ip);
  const inside = [packet, remote];
  const tagged = (type: number, tag: number): Buffer[] =>
    inside.map((payload) =>
      ethernet({ from: app1.mac, type, payload: Buffer.concat([uint16(tag), uint16(0x0800), payload]) }),
    );
  const plain = (to: string, type: number): Buffer =>
    ethernet({ from: app1.mac, to, type, payload: Buffer.concat([packet, Buffer.alloc(46)]) });
  return [
    {
      name: 'tags of VLANs, one and two',
      sent: from(
        app1,
        ...[0, 1, 100, 4095, 0xe001].flatMap((tag) => [...tagged(0x8100, tag), ...tagged(0x88a8, tag)]),
        ...inside.map((payload) => {
          const tags = [uint16(5), uint16(0x8100), uint16(100), uint16(0x0800)];
          return ethernet({ from: app1.mac, type: 0x88a8, payload: Buffer.concat([...tags, payload]) });
        }),
      ),
    },
    {
      name: 'labels of MPLS',
      sent: from(
        app1,
        ...[0x8847, 0x8848].flatMap((type) =>
          [0, 100].map((label) => {
            const header = Buffer.from([label >> 12, (label >> 4) & 255, ((label & 15) << 4) | 1, 64]);
            return ethernet({ from: app1.mac, type, payload: Buffer.concat([header, packet]) });
          }),
        ),
      ),
    },
    {
      name: 'protocols of links',
      sent: from(
        app1,
        ...['01:80:c2:00:00:00', '01:80:c2:00:00:0e', '01:00:0c:cc:cc:cc', broadcastMac, virtualMac, db1.mac]
          .flatMap((to) => [0x88cc, 0x8864, 0x9000, 0x8808, 0x88e5, 0x6558, 0x0026, 0x0600].map((type) => plain(to, type))), // prettier-ignore
      ),
    },
    {
      name: 'packets that are not what their frames say',
      sent: from(
        app1,
        ...[
          { type: 0x86dd, payload: packet },
          { type: 0x0800, payload: query(app1.ip6, db1.ip6) },
          { type: 0x0800, payload: packet.subarray(0, 10) },
          { type: 0x0800, payload: withByte(packet, 0, 0x44) },
          { type: 0x0800, payload: withByte(packet, 0, 0x4f) },
          { type: 0x0800, payload: withByte(packet, 0, 0x65) },
          { type: 0x0800, payload: withByte(packet, 2, 0xff) },
          { type: 0x86dd, payload: query(app1.ip6, db1.ip6).subarray(0, 30) },
          { type: 0x0800, payload: Buffer.alloc(0) },
        ].map((each) => ethernet({ from: app1.mac, ...each })),
      ),
    },
  ];
}

function withByte(packet: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(packet);
  changed.writeUInt8(value, at);
  return changed;
}
