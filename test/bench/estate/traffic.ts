import type { WrittenTraffic } from './documents.ts';
import type { Random } from './random.ts';

/** Few enough that two random rules often meet, with bounds that touch, nest and overlap. */
const portTexts = [
  ...[22, 53, 80, 123, 443, 3306, 5432, 6379, 8080, 8101, 9092, 1, 65_535],
  ...['8000-8100', '8050-8443', '1-1023', '1024-65535', '30000-32767', '443-444', '1-65535'],
] as const;

type Port = number | string;
type Range = readonly [first: number, last: number];

/** Random protocol and ports, as a person may write them. */
export function randomTraffic(random: Random): WrittenTraffic {
  const dice = random.next();
  if (dice < 0.06) return {};
  if (dice < 0.1) return { protocol: 'any' };
  if (dice < 0.18) return { protocol: 'icmp' };
  if (dice < 0.26) return { ports: randomPorts(random) };
  const protocol = dice < 0.75 ? 'tcp' : dice < 0.93 ? 'udp' : 'sctp';
  return random.chance(0.1) ? { protocol } : { protocol, ports: randomPorts(random) };
}

/** What a service offers. */
export function randomOffer(random: Random): WrittenTraffic {
  const protocol = random.chance(0.7) ? 'tcp' : random.chance(0.8) ? 'udp' : 'sctp';
  return random.chance(0.1) ? { protocol } : { protocol, ports: randomPorts(random) };
}

/** One to three distinct ports or ranges. */
export function randomPorts(random: Random): Port[] {
  const count = 1 + (random.chance(0.4) ? 1 : 0) + (random.chance(0.2) ? 1 : 0);
  return [...new Set<Port>(Array.from({ length: count }, () => random.pick(portTexts)))];
}

/** Whether a rule that names the service as its destination is left with anything. */
export function overlaps(rule: WrittenTraffic, service: WrittenTraffic): boolean {
  const [one, other] = [protocolOf(rule), protocolOf(service)];
  if (one !== 'any' && other !== 'any' && one !== other) return false;
  const ofService = rangesOf(service);
  return rangesOf(rule).some(([first, last]) =>
    ofService.some((range) => first <= range[1] && range[0] <= last),
  );
}

/** One text for all ways to write the same traffic. */
export function trafficKey(traffic: WrittenTraffic): string {
  const merged: [number, number][] = [];
  for (const [first, last] of rangesOf(traffic).toSorted((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return `${protocolOf(traffic)} ${merged.join(' ')}`;
}

function protocolOf({ protocol, ports }: WrittenTraffic): string {
  return protocol ?? (ports === undefined ? 'any' : 'tcp');
}

function rangesOf({ ports }: WrittenTraffic): Range[] {
  return (ports ?? ['0-65535']).map((text) => {
    const [first = NaN, last = first] = String(text).split('-').map(Number);
    return [first, last];
  });
}
