/** What opens connections, as lists of destination ports by protocol. `other` stands for every protocol without a name. */
export type Traffic = ReadonlyMap<PlainProtocol, readonly Range[]>;

type PlainProtocol = 'tcp' | 'udp' | 'sctp' | 'icmp' | 'other';
type Range = readonly [first: number, last: number];

const allPorts: Range = [0, 65_535];
/** Protocols without ports have the one port 0 here. */
const noPorts: Range = [0, 0];

export const nothing: Traffic = new Map();
export const everything: Traffic = new Map<PlainProtocol, Range[]>([
  ['tcp', [allPorts]],
  ['udp', [allPorts]],
  ['sctp', [allPorts]],
  ['icmp', [noPorts]],
  ['other', [noPorts]],
]);

/** Traffic of one protocol, as acls and rules name it; without ports, all of them. */
export function trafficOf(protocol: string, ports?: readonly Range[]): Traffic {
  if (protocol === 'any') return everything;
  if (protocol === 'icmp') return new Map([['icmp', [noPorts]]]);
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp')
    throw new Error(`no such protocol: ${protocol}`);
  return new Map([[protocol, ports ?? [allPorts]]]);
}

export function isNothing(traffic: Traffic): boolean {
  return [...traffic.values()].every((ranges) => ranges.length === 0);
}

export function union(one: Traffic, other: Traffic): Traffic {
  const joined = new Map(one);
  for (const [protocol, ranges] of other) joined.set(protocol, [...(joined.get(protocol) ?? []), ...ranges]);
  return joined;
}

export function common(one: Traffic, other: Traffic): Traffic {
  const shared = new Map<PlainProtocol, Range[]>();
  for (const [protocol, ranges] of one) {
    const others = other.get(protocol) ?? [];
    const pieces = ranges.flatMap((range) => others.flatMap((each) => overlapOf(range, each)));
    if (pieces.length > 0) shared.set(protocol, pieces);
  }
  return shared;
}

/** What is in the first and not in the second. */
export function without(one: Traffic, other: Traffic): Traffic {
  const rest = new Map<PlainProtocol, Range[]>();
  for (const [protocol, ranges] of one) {
    let left: Range[] = [...ranges];
    for (const taken of other.get(protocol) ?? []) left = left.flatMap((range) => remainderOf(range, taken));
    if (left.length > 0) rest.set(protocol, left);
  }
  return rest;
}

export function wordsOf(traffic: Traffic): string {
  return Array.from(
    traffic,
    ([protocol, ranges]) => `${protocol}/${ranges.map((range) => range.join('-')).join(',')}`,
  ).join(' ');
}

function overlapOf(one: Range, other: Range): Range[] {
  const [first, last] = [Math.max(one[0], other[0]), Math.min(one[1], other[1])];
  return first <= last ? [[first, last]] : [];
}

function remainderOf([first, last]: Range, taken: Range): Range[] {
  const below: Range = [first, Math.min(last, taken[0] - 1)];
  const above: Range = [Math.max(first, taken[1] + 1), last];
  return [below, above].filter((range) => range[0] <= range[1]);
}
