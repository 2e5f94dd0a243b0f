import type { Ports, Protocol } from '../../../events/names.ts';
import * as intervals from './intervals.ts';

/** Destination ports of one protocol, 0 to 65535. */
type PortSet = intervals.Intervals<number>;

/** A set of (protocol, destination port). `other` is every IP protocol without a name here, all or none of them. */
export interface Traffic {
  readonly tcp: PortSet;
  readonly udp: PortSet;
  readonly sctp: PortSet;
  readonly icmp: boolean;
  readonly other: boolean;
}

/** One kind of packet that opens a connection: all but its addresses. */
export interface Opening {
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp' | 'other';
  /** Only tcp, udp and sctp have ports. */
  readonly dstPort?: number;
}

const allPorts: PortSet = [0, 65_536];
const noPorts: PortSet = [];
const withPorts = ['tcp', 'udp', 'sctp'] as const;

export const everything: Traffic = { tcp: allPorts, udp: allPorts, sctp: allPorts, icmp: true, other: true };
export const nothing: Traffic = { tcp: noPorts, udp: noPorts, sctp: noPorts, icmp: false, other: false };

/** The traffic of a rule, a service or an acl. Without ports it has all ports. */
export function trafficOf({
  protocol,
  ports,
}: {
  readonly protocol: Protocol;
  readonly ports?: Ports | undefined;
}): Traffic {
  if (protocol === 'any') return everything;
  if (protocol === 'icmp') return { ...nothing, icmp: true };
  const set = ports === undefined ? allPorts : portSet(ports);
  return { ...nothing, [protocol]: set };
}

function portSet(ports: Ports): PortSet {
  return intervals.coverage(ports.map(([first, last]) => [first, last + 1] as const)).once;
}

export function union(left: Traffic, right: Traffic): Traffic {
  if (left === everything || right === nothing) return left;
  if (right === everything || left === nothing) return right;
  return {
    tcp: intervals.union(left.tcp, right.tcp),
    udp: intervals.union(left.udp, right.udp),
    sctp: intervals.union(left.sctp, right.sctp),
    icmp: left.icmp || right.icmp,
    other: left.other || right.other,
  };
}

export function unionOf(parts: Iterable<Traffic>): Traffic {
  let all = nothing;
  for (const part of parts) all = union(all, part);
  return all;
}

export function intersect(left: Traffic, right: Traffic): Traffic {
  if (left === everything || right === nothing) return right;
  if (right === everything || left === nothing) return left;
  return {
    tcp: intervals.intersect(left.tcp, right.tcp),
    udp: intervals.intersect(left.udp, right.udp),
    sctp: intervals.intersect(left.sctp, right.sctp),
    icmp: left.icmp && right.icmp,
    other: left.other && right.other,
  };
}

/** The part of `left` that is not in `right`. */
export function subtract(left: Traffic, right: Traffic): Traffic {
  if (right === nothing) return left;
  if (right === everything || left === right) return nothing;
  return {
    tcp: intervals.subtract(left.tcp, right.tcp),
    udp: intervals.subtract(left.udp, right.udp),
    sctp: intervals.subtract(left.sctp, right.sctp),
    icmp: left.icmp && !right.icmp,
    other: left.other && !right.other,
  };
}

export function sameTraffic(left: Traffic, right: Traffic): boolean {
  if (left === right) return true;
  return (
    withPorts.every((protocol) => intervals.sameSet(left[protocol], right[protocol])) &&
    left.icmp === right.icmp &&
    left.other === right.other
  );
}

export function isNothing({ tcp, udp, sctp, icmp, other }: Traffic): boolean {
  return tcp.length === 0 && udp.length === 0 && sctp.length === 0 && !icmp && !other;
}

/**
 * One kind of packet of a traffic: a named protocol before the unnamed ones, the lowest port, port 0 only if there is
 * no other.
 */
export function firstOf(traffic: Traffic): Opening | undefined {
  for (const protocol of withPorts) {
    const [lowest] = traffic[protocol];
    const [usable] = intervals.subtract(traffic[protocol], [0, 1]);
    if (lowest !== undefined) return { protocol, dstPort: usable ?? lowest };
  }
  if (traffic.icmp) return { protocol: 'icmp' };
  return traffic.other ? { protocol: 'other' } : undefined;
}

/** True if a traffic has this one kind of packet. */
export function holds(traffic: Traffic, opening: Opening): boolean {
  const { protocol, dstPort = -1 } = opening;
  if (protocol === 'icmp' || protocol === 'other') return traffic[protocol];
  return intervals.rangesOf(traffic[protocol]).some(([first, end]) => first <= dstPort && dstPort < end);
}

/** A row for each protocol, in code point order; `any` alone for all IP protocols. */
export function rowsOf(traffic: Traffic): { protocol: Protocol; ports: string }[] {
  // Only rules for every protocol bring in the unnamed ones, so a traffic with the unnamed ones has all.
  if (traffic.other) return [{ protocol: 'any', ports: '*' }];
  const rows: { protocol: Protocol; ports: string }[] = traffic.icmp
    ? [{ protocol: 'icmp', ports: '*' }]
    : [];
  for (const protocol of ['sctp', 'tcp', 'udp'] as const) {
    if (traffic[protocol].length > 0) rows.push({ protocol, ports: portsText(traffic[protocol]) });
  }
  return rows;
}

function portsText(ports: PortSet): string {
  if (intervals.sameSet(ports, allPorts)) return '*';
  return intervals
    .rangesOf(ports)
    .map(([first, end]) => (end === first + 1 ? String(first) : `${String(first)}-${String(end - 1)}`))
    .join(',');
}
