/** The tables of a bridge in the order in which a packet meets them. DESIGN.md says what each guarantees. */
export const tables = {
  /** By the port alone: whose packet it is. */
  classify: 0,
  /** From a tunnel: whether that host may speak for that network. */
  accept: 1,
  /** From a local port: whether it sends as itself. */
  source: 2,
  /** From an external: whether an address is one that it may ask for. */
  asked: 3,
  /** Who asks for a neighbour is answered here. */
  answer: 4,
  advertise: 5,
  /** By the sender's network and the address: who is meant. */
  destination: 6,
  cutEgress: 7,
  cutIngress: 8,
  track: 9,
  direction: 10,
  rules: 11,
  ports: 12,
  commit: 13,
  next: 14,
  output: 15,
  /** What no grant allows, by pair of networks. */
  dropped: 16,
  /** For SCTP in the place of tracking: the replies that are expected, which the switch fills in by itself. */
  learned: 17,
  /** For SCTP in the place of the direction: it leads back to the rules. */
  association: 18,
  /** Where fragments come out of tracking, and are looked up anew. */
  restored: 19,
  /** Between cuts and tracking: whether an external sends to a port of this host. */
  external: 20,
  /** From an external: whether its address is its own, as the receiver finds it. */
  sender: 21,
  /** ICMP errors, once what they quote was asked about. */
  quoted: 22,
  /** What the bridge is marked with. No packet gets there. */
  mark: 250,
} as const;

/**
 * Tables in which a flow that is not ours could change a verdict: 0 to this one.
 * @public The driver's reading of a host names it; the tag goes when it does.
 */
export const lastVerdictTable = tables.quoted;

/** The router that every workload sees: one address, on every port of every host. */
export const virtualMac = '02:00:00:00:00:01';

/** The tunnel ports of each bridge, as flows name them. */
export const tunnelPorts = { vxlan: 1, geneve: 2 } as const;

/** The first number that a local port may have. */
export const firstPort = 0x10;

/** Bits of reg2. */
export const fromHere = '0x1';
export const toHere = '0x2';
/** That the registers are the packet's own, since it never went through tracking, or was restored after that. */
export const isOwn = '0x4';
/** Of what was restored: tracking is behind it, in this stage; and its judgement too. */
export const isTracked = '0x8';
export const isLetIn = '0x10';
/** Of an ICMP error: that it is asked about by what it quotes; and that it is to be believed. */
export const isAsked = '0x20';
export const isBelieved = '0x40';

/** reg3: a packet is judged at its sender's port, and then at its receiver's. */
export const stages = { sending: '0x1', receiving: '0x2' } as const;

/** reg9: the side of a grant. */
export const sideNumbers = { egress: '0x1', ingress: '0x2' } as const;

/** Of a protocol that is not tracked, in the upper half of reg10. Only a grant of any protocol matches it. */
export const untracked = 0xff;

/** Sending to a table further on. */
export function goTo(table: number): string {
  return `goto_table:${String(table)}`;
}

/** Sending to a table further back, and through the rest of the pipeline from there. */
export function backTo(table: number): string {
  return `resubmit(,${String(table)})`;
}
