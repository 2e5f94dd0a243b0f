import { isOwn } from './tables.ts';

/** A packet is judged at its sender's port and at its receiver's. */
export const bothStages = ['sending', 'receiving'] as const;
export type Stage = (typeof bothStages)[number];

/** The registers that hold the zone of the port that judges. */
export const zoneRegisters = { sending: 'NXM_NX_REG4', receiving: 'NXM_NX_REG5' } as const;

/**
 * Who opened the connection (reg7) to whom (reg8), and which side of the grant that is here (reg9). A reply goes from who
 * was called; at its sender's port that is where the connection came in.
 */
export function flowOfConnection(stage: Stage, isReply: boolean): string {
  const [opener, called] = isReply ? ['REG1', 'REG0'] : ['REG0', 'REG1'];
  const side = (stage === 'sending') === isReply ? '0x2' : '0x1';
  return `move:NXM_NX_${opener}[]->NXM_NX_REG7[],move:NXM_NX_${called}[]->NXM_NX_REG8[],set_field:${side}->reg9`;
}

/** The registers of what is not tracked are its own all the way. */
export const asItself = `set_field:${isOwn}/${isOwn}->reg2`;

/** Protocol and port of a connection (reg10), by its mark. */
export const byMark = 'move:NXM_NX_CT_MARK[]->NXM_NX_REG10[]';

/** Addresses of a family as actions name them, and the part of a connection's label that holds one. */
export const families = [
  {
    name: 'ip',
    source: 'NXM_OF_IP_SRC[]',
    destination: 'NXM_OF_IP_DST[]',
    label: 'NXM_NX_CT_LABEL[0..31]',
    sourceIsNone: 'nw_src=0.0.0.0',
  },
  {
    name: 'ipv6',
    source: 'NXM_NX_IPV6_SRC[]',
    destination: 'NXM_NX_IPV6_DST[]',
    label: 'NXM_NX_CT_LABEL[]',
    sourceIsNone: 'ipv6_src=::',
  },
] as const;
export type Family = (typeof families)[number];

/**
 * Commits a new connection in the zone of the port that judges, and goes on in a table. Its mark says protocol and port; its label
 * the address of the far end. That tracking knows too (ct_nw_src, ct_ipv6_src), but of errors Open vSwitch 3.1 moves it
 * nowhere unless they are replies (is_ct_valid in lib/flow.h).
 */
export function committing(stage: Stage, { source, destination, label }: Family, onwards: number): string {
  const farEnd = stage === 'sending' ? destination : source;
  const written = `move:NXM_NX_REG10[]->NXM_NX_CT_MARK[],move:${farEnd}->${label}`;
  return `ct(commit,table=${String(onwards)},zone=${zoneRegisters[stage]}[0..15],exec(${written}))`;
}
