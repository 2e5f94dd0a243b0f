import { isIP } from 'node:net';
import type { AclObject, BindingObject, OverlayObject } from '../../events/overlay-objects.ts';
import { isHostFault, OverlayUnavailable, requireFit, type HostFault } from '../../src/overlay/faults.ts';
import type { OverlayProbe, Packet, ProbeResult } from '../../src/overlay/port.ts';
import { holderOf, owns, View } from '../simulation/plain/view.ts';
import type { MemoryOverlay } from './memory-overlay.ts';

/** What overlays in memory would do with a packet, by the plain reading of their objects. It shares no code with a driver. */
export function memoryProbe(
  overlays: () => Iterable<MemoryOverlay>,
  { ledger }: { ledger: string },
): OverlayProbe {
  return {
    probe: async (from, packet) => {
      const holders: Holder[] = [];
      const faults: HostFault[] = [];
      for (const overlay of overlays()) holders.push(...(await holdersIn(overlay, { ledger, faults })));
      requireFit(faults);
      return send(holders, from, packet);
    },
  };
}

interface Holder {
  readonly host: string;
  readonly objects: readonly OverlayObject[];
  readonly view: View;
}

async function holdersIn(
  overlay: MemoryOverlay,
  { ledger, faults }: { ledger: string; faults: HostFault[] },
): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const host of new Set([...overlay.hosts.keys(), ...overlay.spoilt.keys(), ...overlay.away])) {
    try {
      const mark = await overlay.driverOf(ledger).mark(host);
      if (mark.kind === 'unreadable') throw new OverlayUnavailable(`${host}: ${mark.problem}`);
      if (mark.kind === 'nothing') continue;
      const objects = [...(overlay.hosts.get(host)?.objects.values() ?? [])];
      holders.push({ host, objects, view: new View(objects) });
    } catch (fault) {
      if (!isHostFault(fault)) throw fault;
      faults.push(fault);
    }
  }
  return holders;
}

function send(holders: readonly Holder[], from: string, packet: Packet): ProbeResult {
  const sender = holders.find((holder) => portOf(holder, from) !== undefined);
  const port = sender && portOf(sender, from);
  if (sender === undefined || port === undefined) throw new OverlayUnavailable(`nobody holds ${from}`);
  if (isIP(packet.src) === 0 || !owns(port, packet.src)) return dropped('not an address of the port');
  const target = lookUp(sender, port, packet);
  if (target === undefined) return dropped('no such address');
  if (target.endpoint === port.endpoint) return dropped('nothing goes back to where it came from');
  const egress = judge(sender, { side: 'egress', port, target, packet });
  if (!egress.delivered) return egress;
  const receiver = target.host === sender.host ? sender : acrossTunnel(holders, { sender, port, target });
  const arrival = receiver && lookUp(receiver, port, packet);
  if (receiver === undefined || arrival?.host !== receiver.host) return dropped('not taken in');
  if (!receiver.view.believes(packet.src, { from: port.vni, to: arrival.vni }))
    return dropped('not an address of the sender');
  const ingress = judge(receiver, { side: 'ingress', port, target: arrival, packet });
  return ingress.delivered ? { ...ingress, to: arrival.endpoint } : ingress;
}

function portOf({ host, view }: Holder, endpoint: string): BindingObject | undefined {
  return view.portsOf(host).find((port) => port.endpoint === endpoint);
}

function lookUp({ view }: Holder, port: BindingObject, { dst }: Packet): BindingObject | undefined {
  return isIP(dst) === 0 ? undefined : view.lookUp(port.vni, dst)[0];
}

/** The host at the tunnel address that packets for the target are sent to, where it takes the sender's network in. */
function acrossTunnel(
  holders: readonly Holder[],
  { sender, port, target }: { sender: Holder; port: BindingObject; target: BindingObject },
): Holder | undefined {
  const own = sender.view.tunnelsOf(sender.host);
  const towards = sender.view.tunnelsOf(target.host);
  return holders.find(
    ({ host, view }) =>
      view.tunnelsOf(host).some((address) => towards.includes(address)) &&
      own.some((address) => view.takesIn(port.vni, address)),
  );
}

interface Crossing {
  readonly side: AclObject['side'];
  readonly port: BindingObject;
  readonly target: BindingObject;
  readonly packet: Packet;
}

/** What one side says; a quarantine is asked before every grant. */
function judge({ objects, view }: Holder, { side, port, target, packet }: Crossing): ProbeResult {
  if (port.vni === target.vni) return { delivered: true, to: null, rule: 'same network' };
  const [from, to] = [view.nameOf(port.vni), view.nameOf(target.vni)];
  const acls = objects.filter((object) => object.kind === 'acl').filter((acl) => acl.side === side);
  const cut = acls.find((acl) => acl.tier === 'quarantine' && isCut(acl, { from, to }));
  if (cut !== undefined) return dropped(`quarantine ${cut.id}`);
  const grant = acls.find((acl) => acl.from === from && acl.to === to && covers(acl, packet));
  return grant === undefined ? dropped(`no ${side} acl`) : { delivered: true, to: null, rule: grant.id };
}

function isCut(acl: AclObject, { from, to }: { from: string; to: string }): boolean {
  const isNamed = ['*', from].includes(acl.from) && ['*', to].includes(acl.to);
  const isWithin = from === to || (holderOf(from) === holderOf(to) && !('wholly' in acl));
  return isNamed && !isWithin;
}

function covers(acl: AclObject, { protocol, dstPort = NaN }: Packet): boolean {
  if (acl.protocol === 'any') return true;
  if (acl.protocol !== protocol) return false;
  const ports = 'ports' in acl ? acl.ports : undefined;
  return ports === undefined || ports.some(([first, last]) => first <= dstPort && dstPort <= last);
}

function dropped(rule: string): ProbeResult {
  return { delivered: false, to: null, rule };
}
