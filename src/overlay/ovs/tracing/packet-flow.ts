import { parseAddress } from '../../../../events/address.ts';
import type { Packet } from '../../port.ts';
import { virtualMac } from '../pipeline/tables.ts';

/** The first packet of an ICMP conversation: an echo request. The tracer takes fields of either family by names of its own. */
const echoRequest = {
  4: ['icmp', 'icmp_type=8', 'icmp_code=0'],
  6: ['icmp6', 'icmpv6_type=128', 'icmpv6_code=0'],
} as const;

/** A number that no table looks at, as senders put it. */
const timeToLive = 64;

/**
 * The packet that opens a connection, as fields for a switch's tracer: from its Ethernet header on, as it leaves a workload
 * with that MAC address. Both addresses are of one family.
 */
export function packetFlow(packet: Packet, mac: string): string {
  const { src, dst } = packet;
  const family = parseAddress(src)?.family ?? 4;
  const [source, destination] = family === 4 ? ['nw_src', 'nw_dst'] : ['ipv6_src', 'ipv6_dst'];
  return [
    `dl_src=${mac},dl_dst=${virtualMac}`,
    ...protocolFields(packet, family),
    `${source}=${src},${destination}=${dst},nw_ttl=${String(timeToLive)}`,
  ].join(',');
}

function protocolFields({ protocol, srcPort, dstPort }: Packet, family: 4 | 6): string[] {
  switch (protocol) {
    case 'tcp':
    case 'udp':
    case 'sctp': {
      const ports = { src: srcPort, dst: dstPort };
      return [
        family === 4 ? protocol : `${protocol}6`,
        ...Object.entries(ports).flatMap(([end, port]) =>
          port === undefined ? [] : [`${protocol}_${end}=${String(port)}`],
        ),
      ];
    }
    case 'icmp':
      return [...echoRequest[family]];
    default:
      return [family === 4 ? 'ip' : 'ipv6', `nw_proto=${protocol}`];
  }
}
