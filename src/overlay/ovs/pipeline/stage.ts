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
