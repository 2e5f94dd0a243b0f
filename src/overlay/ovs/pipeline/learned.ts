import type { FoundFlow } from './flow.ts';
import { hex } from './spelling.ts';
import { tables } from './tables.ts';

/** The bit of reg11 that says that a packet is a reply. Below it is the zone. */
const replyBit = 16;

/** The mark of a reply, as a value of reg11 and its mask. */
export const replyMark = hex(2 ** replyBit);

/** The match of replies. */
export const replyMatch = `reg11=${replyMark}/${replyMark}`;

/** What a learned flow does, as the action that learns it says it. */
export const learnedAction = `load:0x1->NXM_NX_REG11[${String(replyBit)}]`;

/** The same as a dump says it. */
const learnedEffect = `set_field:${replyMark}/${replyMark}->reg11`;

/** What the cookies of flows begin with that a bridge of ours learned by itself; the last 16 bits are the zone. */
const cookieMark = '0x150f';

/** The cookie of the flows that were learned in a zone. */
export function learnedCookie(zone: number): string {
  return `${cookieMark}${zone.toString(16).padStart(12, '0')}`;
}

/** True for the cookie of a flow that was learned, in whichever zone. */
export function isLearnedCookie(cookie: string): boolean {
  return cookie.startsWith(cookieMark) && cookie.length === learnedCookie(0).length;
}

/** Names what was learned in a zone, as a filter of flows. */
export function learnedIn(zone: number): string {
  return `cookie=${learnedCookie(zone)}/-1,table=${String(tables.learned)}`;
}

/** Names all that was learned. */
export const everyLearned = `cookie=${cookieMark}000000000000/0xffff000000000000,table=${String(tables.learned)}`;

/** The match of a learned flow, as a dump says it: one zone, and one tuple. */
const tuple =
  /^idle_timeout=300, sctp6?,reg11=(0x[0-9a-f]+)\/0xffff,(?:nw|ipv6)_src=[^,/]+,(?:nw|ipv6)_dst=[^,/]+,tp_src=\d+,tp_dst=\d+$/;

/**
 * Whether the switch learned a flow by itself: then it is no part of what a host was given, and nobody else's either. One
 * that does or matches something else than those is not among them, whatever its cookie.
 */
export function isLearned({ cookie, table, match, actions }: FoundFlow): boolean {
  if (table !== tables.learned || actions !== learnedEffect) return false;
  const zone = tuple.exec(match)?.[1];
  return zone !== undefined && cookie === learnedCookie(Number(zone));
}
