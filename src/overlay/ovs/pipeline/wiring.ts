/** How a switch has wired the local port of an endpoint or external. */
export interface PortWiring {
  /** The number by which flows name the port: 0x10 to 0x7fff. */
  readonly ofport: number;
  /** The conntrack zone of the port alone, of 16 bits. */
  readonly zone: number;
}

/** The local ports of one host. What is not wired is compiled for nobody. */
export interface Wiring {
  portOf(endpoint: string): PortWiring | undefined;
}

/** The meter of what a port sends. Meters are numbered from 1, ports from 0x10. */
export function egressMeter({ ofport }: PortWiring): number {
  return 2 * ofport;
}

/** The meter of what a port is sent. */
export function ingressMeter({ ofport }: PortWiring): number {
  return 2 * ofport + 1;
}
