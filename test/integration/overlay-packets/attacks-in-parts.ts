import { from, who, type Attack, type Who } from './attackers.ts';
import type { Sent } from './packets.ts';
import {
  addressBytes,
  echo,
  icmp,
  ip,
  ipFrame,
  isV6,
  protocols,
  tcp,
  tcpFlags,
  udp,
  uint16,
  type Ends,
} from './frames.ts';

const { web2, db1, db2, app1 } = who;

const fragmentHeader = 44;
const moreFragments = 0x2000;

/** Open vSwitch drops fragments that are smaller (ipf-set-min-frag: 1,200 and 1,280 bytes), and workloads send at most 1,400. */
const ordinary = 1336;
const inTwo = [
  { at: 0, length: ordinary },
  { at: ordinary, length: ordinary },
];

/** Which part of a datagram: offset and length in bytes, the offset a multiple of 8; the last one unless it says otherwise. */
interface Part {
  readonly at: number;
  readonly length: number;
  readonly isLast?: boolean;
}

interface Whole extends Ends {
  readonly protocol: number;
  readonly payload: Buffer;
  readonly id: number;
}

/** Fragments of a datagram, in either family. */
function parts(whole: Whole, list: readonly Part[]): Buffer[] {
  const { source, target, protocol, payload, id } = whole;
  return list.map(({ at, length, isLast = at + length >= payload.length }) => {
    const data = payload.subarray(at, at + length);
    if (!isV6(source)) {
      const fragment = (at / 8) | (isLast ? 0 : moreFragments);
      return ip({ source, target, protocol, id, fragment }, data);
    }
    const header = Buffer.concat([
      Buffer.from([protocol, 0]),
      uint16(at | (isLast ? 0 : 1)),
      Buffer.concat([uint16(0), uint16(id)]),
    ]);
    return ip({ source, target, protocol: fragmentHeader }, Buffer.concat([header, data]));
  });
}

function bothFamilies(sender: Who, target: Who): Ends[] {
  return [
    { source: sender.ip, target: target.ip },
    { source: sender.ip6, target: target.ip6 },
  ];
}

function datagram(ends: Ends, port: number, id: number): Whole {
  const data = Buffer.alloc(2000, 'x');
  return {
    ...{ ...ends, id, protocol: protocols.udp },
    payload: udp(ends, { from: 21_000 + id, to: port }, data),
  };
}

function segment(ends: Ends, port: number, id: number): Whole {
  const data = Buffer.alloc(2000, 'y');
  const flags = tcpFlags.syn;
  return {
    ...{ ...ends, id, protocol: protocols.tcp },
    payload: tcp(ends, { from: 22_000 + id, to: port }, { flags, data }),
  };
}

/** A ping in fragments, from one who may. It arrives. */
export function fragmentedPing(ends: Ends, id: number): Buffer[] {
  const protocol = isV6(ends.source) ? protocols.icmpV6 : protocols.icmp;
  const rest = Buffer.concat([uint16(id), uint16(1), Buffer.alloc(2000, 'z')]);
  const payload = icmp(ends, { type: isV6(ends.source) ? 128 : 8 }, rest);
  return parts({ ...ends, protocol, payload, id }, inTwo);
}

/** Datagrams that no grant covers, in pieces that hide what they are. */
export function fragmented(): Attack[] {
  let id = 0;
  const next = (): number => (id += 1);
  const every = [db1, db2].flatMap((target) => bothFamilies(app1, target));
  // Options for the destination, as long as the first fragment.
  const filler = Buffer.from([
    protocols.icmpV6,
    ordinary / 8 - 1,
    ...new Array<number>(ordinary - 2).fill(0),
  ]);
  const small = Buffer.from([protocols.icmpV6, 0, 1, 4, 0, 0, 0, 0]);
  const inPieces = (name: string, packets: (ends: Ends) => Buffer[]): Attack => ({
    name,
    sent: from(app1, ...every.flatMap((ends) => packets(ends).map((packet) => ipFrame(app1.mac, packet)))),
  });
  return [
    inPieces('a denied datagram in fragments, in any order', (ends) => {
      return [
        ...parts(datagram(ends, 54, next()), inTwo),
        ...parts(datagram(ends, 54, next()), inTwo.toReversed()),
        ...parts(segment(ends, 5433, next()), inTwo),
      ];
    }),
    inPieces('a first fragment too small for its header', (ends) =>
      [8, 16].flatMap((length) => {
        const rest = { at: length, length: ordinary };
        return [
          ...parts(segment(ends, 5433, next()), [{ at: 0, length }, rest]),
          ...parts(segment(ends, 5433, next()), [rest, { at: 0, length }]),
          ...parts(datagram(ends, 54, next()), [{ at: 0, length: 8 }, { at: 8, length: ordinary }]), // prettier-ignore
        ];
      }),
    ),
    inPieces('fragments that overlap: an allowed header, and a denied one over it', (ends) => {
      const number = next();
      const [allowed, denied] = [segment(ends, 5432, number), segment(ends, 5433, number)];
      const other = next();
      const [small, large] = [datagram(ends, 53, other), datagram(ends, 54, other)];
      return [
        ...parts(allowed, [{ at: 0, length: ordinary }]),
        ...parts(denied, [{ at: 0, length: ordinary }, { at: 8, length: ordinary }, ...inTwo.slice(1)]), // prettier-ignore
        ...parts(large, [{ at: 0, length: ordinary }]),
        ...parts(small, [{ at: 8, length: ordinary }, ...inTwo.slice(1)]),
      ];
    }),
    inPieces('later fragments alone, beyond the end, and of no protocol', (ends) => [
      ...parts(datagram(ends, 53, next()), inTwo.slice(1)),
      ...parts(datagram(ends, 53, next()), [{ at: 8, length: ordinary, isLast: false }]),
      ...(isV6(ends.source)
        ? []
        : [ip({ ...ends, protocol: protocols.udp, fragment: 0x1fff }, Buffer.alloc(1360))]),
    ]),
    {
      name: 'words of a router in fragments, behind headers that fill the first one',
      sent: from(
        app1,
        ...[134, 136, 137].flatMap((type) => {
          const ends = { source: app1.ip6, target: web2.ip6 };
          const message = icmp(ends, { type }, Buffer.alloc(28));
          const whole = { ...ends, protocol: 60, payload: Buffer.concat([filler, message]), id: next() };
          return [
            ...parts(whole, inTwo),
            ...parts({ ...whole, id: next() }, inTwo.toReversed()),
            ip({ ...ends, protocol: 60 }, Buffer.concat([small, message])),
          ].map((packet) => ipFrame(app1.mac, packet));
        }),
      ),
    },
  ];
}

/** What none of the fragments of `leftBehind` may be seen without. */
export const leftMark = Buffer.from('left-behind');

/**
 * Fragments that a switch holds back: of datagrams that never become whole, to an allowed port and to a denied one; and of a denied one
 * with more fragments than a switch takes at a time. Each number gives other datagrams.
 */
export function leftBehind(number: number): Sent[] {
  const size = 40 * ordinary;
  const everyPiece = Array.from({ length: 40 }, (_, nth) => ({ at: nth * ordinary, length: ordinary }));
  const data = Buffer.alloc(size, leftMark);
  const packets = [db1, db2].flatMap((target, nth) =>
    bothFamilies(app1, target).flatMap((ends, family) => {
      const whole = (port: number, index: number, length: number): Whole => {
        const id = (number * 16 + nth * 8 + family * 4 + index) % 0x1_0000;
        const payload = udp(ends, { from: 24_000, to: port }, data.subarray(0, length));
        return { ...ends, id, protocol: protocols.udp, payload };
      };
      return [
        ...parts(whole(53, 0, 2000), inTwo.slice(0, 1)),
        ...parts(whole(54, 1, 2000), inTwo.slice(1)),
        ...parts(whole(54, 2, 2000), inTwo.slice(0, 1)),
        ...parts(whole(54, 3, size - 8), everyPiece),
      ];
    }),
  );
  return from(app1, ...packets.map((packet) => ipFrame(app1.mac, packet)));
}

/** Denied packets behind options of IPv4, extension headers of IPv6, and in other protocols of IP. */
export function behindHeaders(): Attack[] {
  const options = [
    Buffer.from([1, 1, 1, 0]),
    Buffer.from([131, 7, 4, ...addressBytes('10.1.1.2'), 0]),
    Buffer.from([137, 7, 4, ...addressBytes('10.1.0.2'), 0]),
    Buffer.from([7, 7, 4, 0, 0, 0, 0, 0]),
    Buffer.from([148, 4, 0, 0]),
    Buffer.from([68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from([1, 255, 0, 0]),
  ];
  const denied = (ends: Ends): Buffer => udp(ends, { from: 23_000, to: 54 }, uint16(3));
  const extension = (kind: number, following: number): Buffer =>
    kind === fragmentHeader
      ? Buffer.from([following, 0, 0, 0, 0, 0, 0, 9])
      : kind === 43
        ? Buffer.from([following, 2, 0, 1, 0, 0, 0, 0, ...addressBytes(db2.ip6)])
        : Buffer.from([following, 0, 1, 4, 0, 0, 0, 0]);
  const chains = [[0], [60], [43], [44], [0, 60], [60, 60, 60, 60], [0, 43, 60], [44, 44], [60, 44, 60], [51], [135], [139], [140]]; // prettier-ignore
  const chained = (chain: readonly number[], last: number, payload: Buffer): Buffer =>
    Buffer.concat([...chain.map((kind, index) => extension(kind, chain[index + 1] ?? last)), payload]);
  const targets = [db1, db2];
  return [
    {
      name: 'denied packets with options of IPv4',
      sent: from(
        app1,
        ...targets.flatMap((target) => {
          const ends = { source: app1.ip, target: target.ip };
          return options.map((each) =>
            ipFrame(app1.mac, ip({ ...ends, protocol: protocols.udp, options: each }, denied(ends))),
          );
        }),
      ),
    },
    {
      name: 'denied packets behind extension headers of IPv6',
      sent: from(
        app1,
        ...targets.flatMap((target) => {
          const ends = { source: app1.ip6, target: target.ip6 };
          return chains.map((chain) => {
            const payload = chained(chain, protocols.udp, denied(ends));
            return ipFrame(app1.mac, ip({ ...ends, protocol: chain[0] ?? 0 }, payload));
          });
        }),
      ),
    },
    {
      name: 'other protocols, with allowed packets inside and without',
      sent: from(
        app1,
        ...targets.flatMap((target) =>
          bothFamilies(app1, target).flatMap((ends) => {
            const allowed = udp(ends, { from: 23_001, to: 53 }, uint16(4));
            const inner = ip({ ...ends, protocol: protocols.udp }, allowed);
            const ping = echo(ends, { id: 23_002 });
            const numbers = [4, 41, 47, 50, 51, 59, 89, 103, 112, 115, 132, 136, 253, 255];
            return numbers.flatMap((protocol) =>
              [inner, allowed, ping].map((payload) => ipFrame(app1.mac, ip({ ...ends, protocol }, payload))),
            );
          }),
        ),
      ),
    },
  ];
}
