import { createHash } from 'node:crypto';

/** Whose objects a bridge holds. */
export interface BridgeOwner {
  readonly ledger: string;
  readonly shard: string;
}

/** In `external_ids` of a bridge: whose it is. Two ways may lead to one switch: so it is of one host alone, as long as it holds anything. */
export const ledgerKey = 'isoledger-ledger';
export const shardKey = 'isoledger-shard';
export const hostKey = 'isoledger-host';

/** In `external_ids` of a bridge: the kind of datapath that it was made with. */
export const datapathKey = 'isoledger-datapath';

/** In `external_ids` of a bridge: a text that is another one after each change of its ports, so that whoever saw it before is refused. */
export const changeKey = 'isoledger-change';

/** The longest name that a system gives a device, in characters. */
const deviceNameMax = 15;

/** The name of a shard's bridge on every switch: the same for each ledger, so that two of them meet and do not mix. */
export function bridgeNameOf(shard: string): string {
  return `iso-${digest(shard)}`.slice(0, deviceNameMax);
}

/** What the cookies of all our flows begin with. */
const cookieMark = '0x150e';

/** The bits of a cookie that tell whose flow it is: 16 for this house, and 24 for ledger and shard. */
export const ownerMask = '0xffffffffff000000';

/**
 * The cookie of the flows that a plan put: it begins as all of this owner, and the last 24 bits are those of the plan's number,
 * so that what one change put can be asked for alone.
 */
export function cookieOf(owner: BridgeOwner, plan: number): string {
  return `${cookiePrefix(owner)}${(plan % 0x100_0000).toString(16).padStart(6, '0')}`;
}

/** True for the cookie of a flow that one of an owner's plans put. */
export function isCookieOf(owner: BridgeOwner, cookie: string): boolean {
  const prefix = cookiePrefix(owner);
  return cookie.length === prefix.length + 6 && cookie.startsWith(prefix);
}

/** Asked of each flow of a bridge, of which there may be a hundred thousand. */
const prefixes = new WeakMap<BridgeOwner, string>();

function cookiePrefix(owner: BridgeOwner): string {
  const known = prefixes.get(owner);
  if (known !== undefined) return known;
  const prefix = `${cookieMark}${digest(JSON.stringify([owner.ledger, owner.shard])).slice(0, 6)}`;
  prefixes.set(owner, prefix);
  return prefix;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
