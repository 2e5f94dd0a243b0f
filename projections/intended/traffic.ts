import { portsText, type Ports, type Protocol } from '../../events/names.ts';

/**
 * A set of (protocol, destination port) pairs. Port sets are sorted lists of `[first, last]` within 0–65535, neither
 * overlapping nor adjacent. `other` stands for all IP protocols that have no name here.
 */
export interface Traffic {
  readonly tcp: PortSet;
  readonly udp: PortSet;
  readonly sctp: PortSet;
  readonly icmp: boolean;
  readonly other: boolean;
}

export type PortSet = readonly (readonly [number, number])[];

const portMax = 65_535;
const allPorts: PortSet = [[0, portMax]];
const noPorts: PortSet = [];

export const nothing: Traffic = { tcp: noPorts, udp: noPorts, sctp: noPorts, icmp: false, other: false };
export const everything: Traffic = { tcp: allPorts, udp: allPorts, sctp: allPorts, icmp: true, other: true };

/** The traffic of a rule or a service. Without ports it has all ports. */
export function trafficOf(rule: {
  readonly protocol: Protocol;
  readonly ports?: Ports | undefined;
}): Traffic {
  if (rule.protocol === 'any') return everything;
  if (rule.protocol === 'icmp') return { ...nothing, icmp: true };
  return { ...nothing, [rule.protocol]: rule.ports ?? allPorts };
}

export function union(a: Traffic, b: Traffic): Traffic {
  if (a === nothing || b === everything) return b;
  if (b === nothing || a === everything) return a;
  return {
    tcp: unionPorts(a.tcp, b.tcp),
    udp: unionPorts(a.udp, b.udp),
    sctp: unionPorts(a.sctp, b.sctp),
    icmp: a.icmp || b.icmp,
    other: a.other || b.other,
  };
}

export function intersection(a: Traffic, b: Traffic): Traffic {
  if (a === everything || b === nothing) return b;
  if (b === everything || a === nothing) return a;
  return {
    tcp: intersectPorts(a.tcp, b.tcp),
    udp: intersectPorts(a.udp, b.udp),
    sctp: intersectPorts(a.sctp, b.sctp),
    icmp: a.icmp && b.icmp,
    other: a.other && b.other,
  };
}

/** The part of `a` that is not in `b`. */
export function difference(a: Traffic, b: Traffic): Traffic {
  if (b === nothing || a === nothing) return a;
  if (b === everything || a === b) return nothing;
  return {
    tcp: differencePorts(a.tcp, b.tcp),
    udp: differencePorts(a.udp, b.udp),
    sctp: differencePorts(a.sctp, b.sctp),
    icmp: a.icmp && !b.icmp,
    other: a.other && !b.other,
  };
}

export function isNothing(traffic: Traffic): boolean {
  const ports = traffic.tcp.length + traffic.udp.length + traffic.sctp.length;
  return ports === 0 && !traffic.icmp && !traffic.other;
}

/** One line of a traffic: a protocol and its ports. No ports means all ports, or a protocol without ports. */
export interface TrafficRow {
  readonly protocol: Protocol | 'other';
  readonly ports?: [number, number][];
}

/** The fewest lines that describe a traffic: `any` alone for everything, else one line for each protocol. */
export function rowsOf(traffic: Traffic): TrafficRow[] {
  // What has not the unnamed protocols is not everything, which most traffic is not.
  if (traffic.other && isNothing(difference(everything, traffic))) return [{ protocol: 'any' }];
  const rows: TrafficRow[] = [];
  for (const protocol of ['tcp', 'udp', 'sctp'] as const) {
    const set = traffic[protocol];
    if (set.length === 0) continue;
    const all = complementPorts(set).length === 0;
    rows.push(all ? { protocol } : { protocol, ports: set.map(([first, last]) => [first, last]) });
  }
  if (traffic.icmp) rows.push({ protocol: 'icmp' });
  if (traffic.other) rows.push({ protocol: 'other' });
  return rows;
}

/** A traffic in words for people: `tcp/443,8000-8100`; `any`; `nothing`. What has no name of its own is `all other protocols`. */
export function wordsOf(traffic: Traffic): string {
  const words = rowsOf(traffic).map(({ protocol, ports }) => {
    if (protocol === 'other') return 'all other protocols';
    return ports === undefined ? protocol : `${protocol}/${portsText(ports)}`;
  });
  return words.length === 0 ? 'nothing' : words.join(' ');
}

function unionPorts(a: PortSet, b: PortSet): PortSet {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged: [number, number][] = [];
  let open: [number, number] = [-2, -2];
  for (const [first, last] of [...a, ...b].sort(([x], [y]) => x - y)) {
    if (first <= open[1] + 1) {
      open[1] = Math.max(open[1], last);
    } else {
      open = [first, last];
      merged.push(open);
    }
  }
  return merged;
}

function intersectPorts(a: PortSet, b: PortSet): PortSet {
  const common: [number, number][] = [];
  for (const [first, last] of a) {
    for (const [otherFirst, otherLast] of b) {
      const low = Math.max(first, otherFirst);
      const high = Math.min(last, otherLast);
      if (low <= high) common.push([low, high]);
    }
  }
  return common;
}

function differencePorts(a: PortSet, b: PortSet): PortSet {
  return a.length === 0 || b.length === 0 ? a : intersectPorts(a, complementPorts(b));
}

function complementPorts(set: PortSet): PortSet {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= portMax) gaps.push([next, portMax]);
  return gaps;
}
