import { parseAddress } from '../../../events/address.ts';
import {
  keyOf,
  type AclObject,
  type BindingObject,
  type GrantAcl,
  type HostObject,
  type OverlayObject,
  type QuarantineAcl,
} from '../../../events/overlay-objects.ts';

/** One packet that opens a connection. `protocol` is tcp, udp, sctp, icmp, or an IP protocol number in digits. */
export interface Packet {
  readonly src: string;
  readonly dst: string;
  readonly protocol: string;
  readonly dstPort?: number | undefined;
}

interface PlainPort {
  readonly host: string;
  readonly interface: string;
}

/** Hosts with their real tunnel addresses (a name that two machines may have comes twice), and for each the sets of objects that it may hold, as plain lists. */
export interface PlainOverlay {
  readonly hosts: readonly { readonly host: string; readonly tunnelIp: string }[];
  readonly setsOf: (host: string) => readonly (readonly OverlayObject[])[];
}

/** The possible fates of a packet on its way to a port, over all states that the two hosts may be in. */
export interface Fate {
  /** The ids of the acls, or the keys of the bindings of one network, that let it arrive; undefined if it cannot. */
  readonly delivered: readonly string[] | undefined;
  /** True if it may also fail to arrive. */
  readonly dropped: boolean;
}

interface Hop {
  readonly packet: Packet;
  readonly from: PlainPort;
  readonly to: PlainPort;
  readonly source: readonly OverlayObject[];
  readonly target: readonly OverlayObject[];
  readonly hosts: PlainOverlay['hosts'];
}

/**
 * Walks one packet through the object lists by the plainest means, first match first. It checks the computation with
 * sets, so it shares no code with it.
 */
export function fateOf(
  packet: Packet,
  { from, to, overlay }: { readonly from: PlainPort; readonly to: PlainPort; readonly overlay: PlainOverlay },
): Fate {
  const ways: Way[] = [];
  const targets = overlay.setsOf(to.host);
  overlay.setsOf(from.host).forEach((source, index) => {
    targets.forEach((target, other) => {
      if (from.host === to.host && index !== other) return;
      ways.push(...waysOf({ packet, from, to, source, target, hosts: overlay.hosts }));
    });
  });
  return {
    delivered: ways.find((way) => way !== 'dropped'),
    dropped: ways.length === 0 || ways.includes('dropped'),
  };
}

/** The end of one way: a list of rules if the packet arrives. */
type Way = readonly string[] | 'dropped';

/** One entry for each choice that the objects leave open. */
function waysOf(hop: Hop): Way[] {
  const { packet, from, source } = hop;
  const senders = bindingsOf(source).filter(
    (sender) => sender.host === from.host && sender.interface === from.interface,
  );
  const ways = orDropped(senders);
  for (const sender of senders) {
    const lawful = isOwn(sender, (prefix) => matchLength(packet.dst, packet.src, prefix));
    const receivers = lawful ? lookUp(source, sender.vni, packet) : [];
    ways.push(...orDropped(receivers));
    for (const receiver of receivers) ways.push(...waysTo(receiver, sender, hop));
  }
  return ways;
}

/** Unless there is exactly one choice, the packet is not sure to arrive. */
function orDropped(choices: readonly unknown[]): Way[] {
  return choices.length === 1 ? [] : ['dropped'];
}

function waysTo(receiver: BindingObject, sender: BindingObject, hop: Hop): Way[] {
  const { packet, from, to, source, target } = hop;
  const egress = allowing(source, { side: 'egress', sender, receiver, packet });
  if (egress === undefined) return ['dropped'];
  if (receiver.host === from.host) return arrive(receiver, sender, { ...hop, target: source }, egress);
  const hosts = hostsBehind(hop, receiver.host);
  if (!hosts.includes(to.host) || !takesIn(hop, sender.vni)) return ['dropped'];
  const found = lookUp(target, sender.vni, packet);
  return [
    ...orDropped(hosts),
    ...orDropped(found),
    ...found.flatMap((final) => arrive(final, sender, hop, egress)),
  ];
}

/** The last step, at the host that the packet has come to. */
function arrive(
  receiver: BindingObject,
  sender: BindingObject,
  { packet, to, target }: Hop,
  egress: readonly string[],
): Way[] {
  if (receiver.host !== to.host || receiver.interface !== to.interface) return ['dropped'];
  const ingress = allowing(target, { side: 'ingress', sender, receiver, packet });
  const isBelieved = mayBeSentBy(target, sender.vni, { receiver, packet });
  if (ingress === undefined || !isBelieved.includes(true)) return ['dropped'];
  const rules = [...new Set([...egress, ...ingress])];
  const way = rules.length > 0 ? rules : [keyOf(sender), keyOf(receiver)];
  return isBelieved.map((is) => (is ? way : 'dropped'));
}

/**
 * Whether the receiver's network believes that a packet comes from the sender's. It asks only for packets of an external's network:
 * who has the source address there, as it would look up a destination. More than one answer: either may be so.
 */
function mayBeSentBy(
  objects: readonly OverlayObject[],
  vni: number,
  { receiver, packet }: { readonly receiver: BindingObject; readonly packet: Packet },
): boolean[] {
  const isExternals = bindingsOf(objects).some(
    (binding) => binding.vni === vni && !binding.endpoint.includes('/'),
  );
  if (!isExternals) return [true];
  const back = { ...packet, src: packet.dst, dst: packet.src };
  const owners = lookUp(objects, receiver.vni, back).map((owner) => owner.vni === vni);
  return owners.length > 1 ? [...owners, false] : owners;
}

/** The hosts that really have the tunnel address to which packets for a host are sent. */
function hostsBehind({ source, hosts }: Hop, name: string): string[] {
  const known = hostsOf(source).find(({ host }) => host === name);
  const there = hosts.filter(({ tunnelIp }) => tunnelIp === known?.tunnelIp).map(({ host }) => host);
  return [...new Set(there)];
}

function takesIn({ from, target, hosts }: Hop, vni: number): boolean {
  const sent = hosts.filter(({ host }) => host === from.host).map(({ tunnelIp }) => tunnelIp);
  return hostsOf(target).some(
    ({ host, tunnelIp }) =>
      sent.includes(tunnelIp) &&
      bindingsOf(target).some((binding) => binding.host === host && binding.vni === vni),
  );
}

/** The bindings that a destination address leads to: endpoints, else externals by longest prefix. */
function lookUp(objects: readonly OverlayObject[], vni: number, { dst, src }: Packet): BindingObject[] {
  const networks = new Set([vni]);
  for (const object of objects) if (object.kind === 'route' && object.from === vni) networks.add(object.to);
  const near = bindingsOf(objects).filter((binding) => networks.has(binding.vni));
  const lengthOf = (prefix: string): number => matchLength(src, dst, prefix);
  const own = near.filter((binding) => isOwn(binding, lengthOf));
  const endpoints = own.filter(({ endpoint }) => endpoint.includes('/'));
  return endpoints.length > 0 ? endpoints : own;
}

/** True if an address is a binding's own. `lengthOf` tells how many bits of it a prefix matches (-1: none). */
function isOwn({ ips, except = [] }: BindingObject, lengthOf: (prefix: string) => number): boolean {
  const longerElsewhere = Math.max(-1, ...except.map(lengthOf));
  return Math.max(-1, ...ips.map(lengthOf)) >= Math.max(longerElsewhere, 0);
}

/** The first acl of a side that lets the packet pass, as a list of its id; an empty list within one network. */
function allowing(
  objects: readonly OverlayObject[],
  at: { side: AclObject['side']; sender: BindingObject; receiver: BindingObject; packet: Packet },
): readonly string[] | undefined {
  const { side, sender, receiver, packet } = at;
  if (sender.vni === receiver.vni) return [];
  const sources = namesOf(objects, sender.vni);
  const targets = namesOf(objects, receiver.vni);
  const acls = objects.filter((object) => object.kind === 'acl').filter((acl) => acl.side === side);
  for (const acl of acls) {
    if (acl.tier !== 'quarantine') continue;
    for (const from of sources) for (const to of targets) if (cuts(acl, from, to)) return undefined;
  }
  const first = acls.find(
    (acl) =>
      acl.tier === 'grant' && speaksOf(acl, packet) && sources.includes(acl.from) && targets.includes(acl.to),
  );
  return first === undefined ? undefined : [first.id];
}

/** A quarantine acl names one end. At the other end it means everyone else; unless `wholly`, but for the own tenant. */
function cuts({ from, to, wholly }: QuarantineAcl, source: string, target: string): boolean {
  if (source === target) return false;
  if ((from !== '*' && from !== source) || (to !== '*' && to !== target)) return false;
  if (wholly === true) return true;
  const [holder, slash] = source.split('/');
  return slash === undefined || !target.startsWith(`${String(holder)}/`);
}

/** The segments and externals that a network belongs to. More than one is a fault of the objects. */
function namesOf(objects: readonly OverlayObject[], vni: number): string[] {
  return objects
    .filter((object) => object.kind === 'network')
    .filter((network) => network.vni === vni)
    .map(({ segment }) => segment);
}

function speaksOf({ protocol, ports }: GrantAcl, packet: Packet): boolean {
  if (protocol === 'any') return true;
  const port = packet.dstPort;
  if (protocol !== packet.protocol) return false;
  return (
    ports === undefined ||
    (port !== undefined && ports.some(([first, last]) => first <= port && port <= last))
  );
}

/**
 * The number of leading bits of the address that a prefix fixes; -1 if the address is not in it, or if the packet's
 * other address is of another family.
 */
function matchLength(other: string, address: string, prefix: string): number {
  const bits = bitsOf(address);
  const fixed = bitsOf(prefix);
  return bits.startsWith(fixed) && bitsOf(other).startsWith(bits.slice(0, 2)) ? fixed.length - 2 : -1;
}

/** The family of an address, or of a prefix, and the bits that it fixes, as text: `4:0000...`. */
function bitsOf(prefix: string): string {
  const known = bits.get(prefix);
  if (known !== undefined) return known;
  const [address = '', length] = prefix.split('/');
  const parsed = parseAddress(address);
  const text =
    parsed === undefined
      ? '??'
      : `${String(parsed.family)}:${parsed.value.toString(2).padStart(parsed.family === 4 ? 32 : 128, '0')}`;
  const fixed = text.slice(0, length === undefined ? undefined : Number(length) + 2);
  /* v8 ignore next -- @preserve no test has so many addresses */
  if (bits.size >= bitsKept) bits.clear();
  bits.set(prefix, fixed);
  return fixed;
}

/** By address or prefix. The same few are looked at again and again. */
const bits = new Map<string, string>();
const bitsKept = 10_000;

function bindingsOf(objects: readonly OverlayObject[]): BindingObject[] {
  return objects.filter((object) => object.kind === 'binding');
}

function hostsOf(objects: readonly OverlayObject[]): HostObject[] {
  return objects.filter((object) => object.kind === 'host');
}
