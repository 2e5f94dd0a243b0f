import type { Sent } from './packets.ts';

/** The workloads of `threeHosts`, as attackers and victims. */
export const who = {
  web1: { name: 'acme/web-1', mac: '02:00:0a:01:00:01', ip: '10.1.0.1', ip6: 'fd00:1::1' },
  web2: { name: 'acme/web-2', mac: '02:00:0a:01:00:02', ip: '10.1.0.2', ip6: 'fd00:1::2' },
  db1: { name: 'acme/db-1', mac: '02:00:0a:01:01:01', ip: '10.1.1.1', ip6: 'fd00:1:1::1' },
  db2: { name: 'acme/db-2', mac: '02:00:0a:01:01:02', ip: '10.1.1.2', ip6: 'fd00:1:1::2' },
  app1: { name: 'globex/app-1', mac: '02:00:0a:02:00:01', ip: '10.2.0.1', ip6: 'fd00:2::1' },
  app2: { name: 'globex/app-2', mac: '02:00:0a:02:00:02', ip: '10.2.0.2', ip6: 'fd00:2::2' },
  evil1: { name: 'mallory/evil-1', mac: '02:00:0a:06:00:01', ip: '10.6.0.1', ip6: 'fd00:6::1' },
  evil2: { name: 'mallory/evil-2', mac: '02:00:0a:06:00:02', ip: '10.6.0.2', ip6: 'fd00:6::2' },
} as const;
export type Who = (typeof who)[keyof typeof who];

/** Frames of one kind, of which no workload may get any; at most those of `mayReach` may arrive, and at that one alone. */
export interface Attack {
  readonly name: string;
  readonly sent: readonly Sent[];
}

export function from({ name }: { readonly name: string }, ...frames: readonly Buffer[]): Sent[] {
  return frames.map((frame) => ({ from: name, frame }));
}
