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
