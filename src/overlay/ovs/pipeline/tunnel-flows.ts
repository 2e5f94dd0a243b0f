import type { HostObject } from '../../../../events/overlay-objects.ts';
import type { Flow } from './flow.ts';
import { askedForSender } from './sender-flows.ts';
import { isFromHere } from './static-flows.ts';
import { hex, matchOf } from './spelling.ts';
import { goTo, tables, tunnelPorts } from './tables.ts';
import type { Vantage } from './vantage.ts';

/** The way to a tunnel address, by the kind of tunnel that the host there takes. The tunnel's id is the sender's network. */
export function tunnelFlows(vantage: Vantage, ip: string): Flow[] {
  const destination = vantage.tunnelField(ip, 'dst');
  const [host] = othersAt(vantage, ip);
  if (host === undefined || destination === undefined) return [];
  return [
    {
      table: tables.output,
      priority: 100,
      match: matchOf(isFromHere, 'reg6=0', `${destination.field}=${destination.text}`),
      actions: `move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31],output:${String(tunnelPorts[host.tunnel])}`,
    },
  ];
}

/** A network is heard from a tunnel address only if a host there carries it, and somebody here may be meant. */
export function acceptFlows(vantage: Vantage, { vni, ip }: { vni: number; ip: string }): Flow[] {
  const origin = vantage.tunnelField(ip, 'src');
  if (origin === undefined || !vantage.isHeard(vni)) return [];
  if (!othersAt(vantage, ip).some(({ host }) => vantage.model.bindings.isCarriedBy({ vni, host }))) return [];
  return [
    {
      table: tables.accept,
      priority: 100,
      match: `tun_id=${hex(vni)},${origin.field}=${origin.text}`,
      actions: `set_field:${hex(vni)}->reg0,${goTo(tables.destination)}`,
    },
  ];
}

/** What a network sends to nobody is dropped, and counted. What an external sends to a port of this host is asked for its sender. */
export function sourceFlows(vantage: Vantage, vni: number): Flow[] {
  if (!vantage.isHeard(vni)) return [];
  const toNobody = { table: tables.destination, priority: 10, match: `reg0=${hex(vni)}`, actions: 'drop' };
  return vantage.model.bindings.isOfExternal(vni) ? [toNobody, askedForSender(vni)] : [toNobody];
}

/** The other hosts at a tunnel address, by name. */
function othersAt({ model, host: here }: Vantage, ip: string): HostObject[] {
  return Array.from(model.hostsByTunnel.of(ip))
    .filter(({ host }) => host !== here)
    .sort((a, b) => (a.host < b.host ? -1 : 1));
}
