import { expect, it } from 'vitest';
import { trafficOf } from '../../../projections/isolation/header-sets/traffic.ts';
import { isEvidenceOf } from '../../../projections/isolation/judging/passing.ts';

const https = trafficOf({ protocol: 'tcp', ports: [[443, 443]] });

it.each([
  ['tcp', 443, https, true],
  ['tcp', 80, https, false],
  ['udp', 443, https, false],
  ['icmp', undefined, trafficOf({ protocol: 'icmp' }), true],
  ['icmp', undefined, https, false],
  ['47', undefined, trafficOf({ protocol: 'any' }), true],
  ['47', undefined, https, false],
] as const)(
  'a packet of %s to %s is evidence of the traffic that it is of',
  (protocol, dstPort, traffic, is) => {
    const witness = { src: '10.0.0.1', dst: '10.0.0.2', protocol, ...(dstPort !== undefined && { dstPort }) };
    expect(isEvidenceOf({ witness, objects: [] }, traffic)).toBe(is);
  },
);
