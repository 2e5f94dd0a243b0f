import type { Ports, Protocol } from '../../events/names.ts';
import type { DocumentReader } from './document-reader.ts';
import type { KeyPath } from './place.ts';
import { mergePorts, portRange, portsFlaw, type PortRange } from './ports.ts';

/** Protocol and ports as written in a rule or service. */
interface WrittenTraffic {
  readonly protocol?: Protocol | undefined;
  readonly ports?: readonly unknown[] | undefined;
}

/** The right port ranges. Wrong ranges, and ports under a protocol without ports, are reported. */
export function readPorts(
  reader: DocumentReader,
  { protocol, ports }: WrittenTraffic,
  path: KeyPath,
): PortRange[] {
  if (ports === undefined) return [];
  const portsPath = [...path, 'ports'];
  const flaw = portsFlaw(protocol);
  if (flaw !== undefined) reader.report(portsPath, flaw);
  if (protocol === undefined) reader.tcpMeant.push(reader.source.placeOf(portsPath));
  return reader.items(portRange, ports, portsPath).map(({ value }) => value);
}

/**
 * The one spelling of traffic: ports alone mean tcp, a protocol alone means all its ports, and neither means any
 * protocol.
 */
export function trafficOf(
  written: WrittenTraffic,
  ranges: readonly PortRange[],
): { protocol: Protocol; ports?: Ports } {
  if (written.ports === undefined) return { protocol: written.protocol ?? 'any' };
  return { protocol: written.protocol ?? 'tcp', ports: mergePorts(ranges) };
}
