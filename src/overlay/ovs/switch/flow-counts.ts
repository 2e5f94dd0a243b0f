import type { HostSwitch } from './host-switch.ts';
import { countQuestion, readCount } from './openflow-messages.ts';
import { cookieOf, ownerMask } from './owner.ts';

/** How many flows a bridge has. */
export interface FlowCounts {
  readonly every: number;
  /** Those that any plan of this owner put. */
  readonly ours: number;
  readonly ofPlan: number;
}

export async function countFlows(at: HostSwitch, plan: number): Promise<FlowCounts> {
  const every = await counted(at, '0x0', 0n);
  const ofPlan = await counted(at, cookieOf(at.owner, plan), wholeMask);
  // A bridge with nothing but what one plan put is what most of them are: then nothing is left to be asked.
  const ours = ofPlan === every ? every : await countOwnFlows(at);
  return { every, ours, ofPlan };
}

/** How many flows of this owner a bridge has. */
export async function countOwnFlows(at: HostSwitch): Promise<number> {
  return counted(at, cookieOf(at.owner, 0), BigInt(ownerMask));
}

const wholeMask = 0xffff_ffff_ffff_ffffn;

async function counted(at: HostSwitch, cookie: string, mask: bigint): Promise<number> {
  const connection = await at.openFlow();
  const counts = await connection.ask(countQuestion({ cookie: BigInt(cookie), mask }), readCount);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The filter that names all flows of an owner. */
export function ownFlows({ owner }: HostSwitch): string {
  return `cookie=${cookieOf(owner, 0)}/${ownerMask}`;
}
