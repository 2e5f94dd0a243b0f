import { z } from 'zod';
import { protocols, type Ports, type Protocol } from '../../events/names.ts';
import { wordForm, type FieldDoc, type Form } from './field-doc.ts';
import { settle } from './fields.ts';
import { Flaw } from './flaw.ts';

/** The fields for ports and protocol that rules and services have. */
export const trafficShape = {
  protocol: z.enum(protocols).exactOptional(),
  ports: z.array(z.unknown()).min(1).exactOptional(),
};

/** What is said of them. `absent` is what holds where neither is written. */
export function trafficDocs(absent: string): { protocol: FieldDoc; ports: FieldDoc } {
  return {
    protocol: {
      says: 'The protocol; any is every IP protocol, those without a name here too.',
      form: wordForm(protocols),
      example: 'tcp',
      absent: `tcp where ports are given; else ${absent}`,
      alsoCalled: ['proto'],
    },
    ports: {
      says: "The destination's ports. They mean tcp where no protocol is given; icmp and any have none.",
      form: { is: 'list', of: portForm, itemsMin: 1 },
      example: [443, '8000-8100'],
      absent: `all ports of the protocol; without a protocol, ${absent}`,
      alsoCalled: ['port'],
    },
  };
}

/** First and last port, both included. */
export type PortRange = Ports[number];

const portMax = 65_535;
const decimal = /^(0|[1-9]\d*)$/;
const portWords = `numbers from 1 to ${portMax} without leading zeros, or ranges of them as "8000-8100"`;

const portForm: Form = {
  is: 'value',
  words: portWords,
  json: {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: portMax },
      { type: 'string', pattern: '^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$' },
    ],
  },
};

/** One item of `ports`: a number, its digits as text, or a range of two. */
export const portRange = z.unknown().transform((written, context) => settle(readPortRange(written), context));

function readPortRange(written: unknown): PortRange | Flaw {
  if (typeof written !== 'number' && typeof written !== 'string') {
    return new Flaw('not a port', { allowed: portWords });
  }
  const ends = String(written).split('-');
  const [first = '', last = first] = ends;
  if (ends.length > 2 || !decimal.test(first) || !decimal.test(last)) {
    return new Flaw('not a port in plain decimal digits', { allowed: portWords });
  }
  const range: PortRange = [Number(first), Number(last)];
  if (range.some((port) => port < 1 || port > portMax)) {
    return new Flaw(`ports run from 1 to ${portMax}`, { allowed: portWords });
  }
  if (range[0] > range[1]) {
    return new Flaw('this range is reversed: its first port is above its last', {
      allowed: `"${last}-${first}"`,
    });
  }
  return range;
}

/** Sorts ranges, and merges those that overlap or touch. */
export function mergePorts(ranges: readonly PortRange[]): Ports {
  const merged: Ports = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** The flaw of ports under a protocol that has none; undefined under a protocol with ports. */
export function portsFlaw(protocol: Protocol | undefined): Flaw | undefined {
  if (protocol !== 'icmp' && protocol !== 'any') return undefined;
  return new Flaw(`ports without meaning for ${protocol}: leave them out`, {
    allowed: 'ports with tcp, udp or sctp',
  });
}
