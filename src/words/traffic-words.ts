import { portsText, type Ports, type Protocol } from '../../events/names.ts';

/** The traffic of a rule, a service or an acl: `tcp/443,8000-8100`; `tcp` alone for all its ports; `any`. */
export function protocolWords({
  protocol,
  ports,
}: {
  readonly protocol: Protocol;
  readonly ports?: Ports | undefined;
}): string {
  return ports === undefined ? protocol : `${protocol}/${portsText(ports)}`;
}

/** A row of an answer, in which `*` stands for all ports: `tcp/443,8000-8100`; `tcp`; `any`. */
export function rowWords({ protocol, ports }: { readonly protocol: string; readonly ports: string }): string {
  return ports === '*' ? protocol : `${protocol}/${ports}`;
}

/** Several rows as one line: `icmp, tcp/443`; what has no name of its own is `all other protocols`. */
export function rowsWords(rows: readonly { readonly protocol: string; readonly ports: string }[]): string {
  return rows.map((row) => (row.protocol === 'other' ? 'all other protocols' : rowWords(row))).join(', ');
}

/** A witness: `tcp 10.1.0.11 -> 10.2.0.5:5432`. */
export function packetWords(packet: {
  readonly src: string | null;
  readonly dst: string | null;
  readonly protocol: string;
  readonly dstPort?: number | undefined;
}): string {
  const port = packet.dstPort === undefined ? '' : `:${String(packet.dstPort)}`;
  return `${packet.protocol} ${packet.src ?? 'no address'} -> ${packet.dst ?? 'no address'}${port}`;
}
