import type { Heartbeat } from './format.ts';

/** What tells one heartbeat from every other, in every format. */
export function heartbeatId({ ledgerId, time }: Heartbeat): string {
  return `${ledgerId}:heartbeat:${time}`;
}
