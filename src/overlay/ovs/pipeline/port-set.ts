import { digestOfText } from '../../../../events/codec/canonical.ts';
import type { GrantAcl } from '../../../../events/overlay-objects.ts';
import { blocksOf, hex } from './spelling.ts';

/** The protocols that are followed as connections, by number. ICMP has one number for both families. */
const numbers = { icmp: 1, tcp: 6, udp: 17, sctp: 132 } as const;

type Range = readonly [first: number, last: number];

/**
 * What some grants between two networks allow together, at one side: of which protocol to which ports. Grants of equal
 * meaning have equal texts: `any`; or parts such as `1:`, `6:` (all ports), `17:53-53,1000-2000`, joined by `;`. The text is
 * empty if nothing is allowed.
 */
export function portSetText(grants: readonly GrantAcl[]): string {
  const [first, ...others] = grants;
  return first === undefined || others.length > 0 ? textOf(grants) : textOfOne(first);
}

/** Most pairs have one grant, which is asked for its port set by each host that judges it. */
const knownTexts = new WeakMap<GrantAcl, string>();

function textOfOne(grant: GrantAcl): string {
  const known = knownTexts.get(grant) ?? textOf([grant]);
  knownTexts.set(grant, known);
  return known;
}

function textOf(grants: readonly GrantAcl[]): string {
  const ranges = new Map<number, Range[]>();
  for (const { protocol, ports } of grants) {
    if (protocol === 'any') return 'any';
    const number = numbers[protocol];
    const known = ranges.get(number) ?? [];
    ranges.set(number, known.concat(protocol === 'icmp' ? [everyPort] : (ports ?? [everyPort])));
  }
  return Array.from(ranges)
    .sort(([a], [b]) => a - b)
    .map(([number, of]) => `${String(number)}:${merged(of).map(rangeText).join(',')}`)
    .join(';');
}

const everyPort: Range = [0, 65_535];

function rangeText([first, last]: Range): string {
  return first === 0 ? '' : `${String(first)}-${String(last)}`;
}

/** Sorted, neither overlapping nor adjacent. */
function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const previous = result.at(-1);
    if (previous === undefined || first > previous[1] + 1) result.push([first, last]);
    else if (last > previous[1]) result.splice(-1, 1, [previous[0], last]);
  }
  return result;
}

/** The number by which flows name a set: 128 bits of its digest, since tenants choose ports and could meet shorter ones. */
export function portSetId(text: string): string {
  return digestOfText(text).slice(0, 32);
}

/** The set's number as an action sets it. */
export function portSetValue(id: string): string {
  return `0x${id.replace(/^0+/, '')}`;
}

/** The set's number as a match is printed, in four registers. */
export function portSetMatch(id: string): string {
  return [12, 13, 14, 15]
    .map((register, index) => {
      const value = Number.parseInt(id.slice(8 * index, 8 * index + 8), 16);
      return `reg${String(register)}=${hex(value)}`;
    })
    .join(',');
}

/** The values of reg10 that a set allows, as matches of it; an empty one for every value. */
export function portSetParts(text: string): string[] {
  if (text === 'any') return [''];
  return text.split(';').flatMap((part) => {
    const [number = '', ranges = ''] = part.split(':');
    return ranges.split(',').flatMap((range) => partMatches(Number(number), range));
  });
}

function partMatches(number: number, range: string): string[] {
  const protocol = number * 0x1_0000;
  if (range === '') return [`reg10=${hex(protocol)}/0xffff0000`];
  const [first = '', last = ''] = range.split('-');
  return blocksOf(Number(first), Number(last)).map(({ value, bits }) => {
    const mask = 0x1_0000_0000 - 2 ** (16 - bits);
    return `reg10=${hex(protocol + value)}${bits === 16 ? '' : `/${hex(mask)}`}`;
  });
}
