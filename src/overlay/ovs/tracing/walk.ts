import { parseAddress } from '../../../../events/address.ts';
import { NoSuchPort, OverlayUnavailable } from '../../faults.ts';
import type { Packet, ProbeResult } from '../../port.ts';
import { hex, tunnelField } from '../pipeline/spelling.ts';
import { tunnelPorts } from '../pipeline/tables.ts';
import { fateOf, type Drop, type Passage, type TracedFate, type Tunnelled } from './fate.ts';
import { packetFlow } from './packet-flow.ts';
import { readTrace } from './trace-text.ts';

/** The bridge of a shard on a host, and what it answers by itself. */
export interface TracedBridge {
  readonly host: string;
  readonly bridge: string;
  /** The address from which each kind of tunnel sends, and at which it receives. */
  readonly tunnels: ReadonlyMap<Tunnelled['type'], string>;
  /** The numbers of the ports of an endpoint or external: two while it is plugged over. */
  portsOf(endpoint: string): readonly number[];
  /** For whom a port is there. */
  endpointOf(ofport: number): string | undefined;
  /** The MAC address to which packets for a port go; undefined where no flow sends there. */
  macOf(ofport: number): Promise<string | undefined>;
  /** True for the cookie of a flow of the shard, or of one that its bridge learned by itself. */
  isOwn(cookie: string): boolean;
  /** The answer of `ofproto/trace` for a packet that opens a connection wherever that is asked. */
  trace(flow: string): Promise<string>;
}

/** Hosts of an overlay, and what is said of a tunnel address that is none of theirs. */
export interface TracedOverlay {
  readonly bridges: readonly TracedBridge[];
  readonly elsewhere: (tunnelIp: string) => string | undefined;
}

/**
 * Follows a packet from a port by what switches say that they would do: at its host, and at the one where its tunnel ends. No
 * state of theirs is changed by it. Whether a device is plugged in, or the underlay has a way, is no part of the answer.
 *
 * Throws NoSuchPort; OverlayUnavailable where a switch does not answer, or where a flow decides that is not of the shard.
 */
export async function follow(overlay: TracedOverlay, from: string, packet: Packet): Promise<ProbeResult> {
  for (const bridge of overlay.bridges) {
    for (const ofport of bridge.portsOf(from)) {
      const mac = await bridge.macOf(ofport);
      if (mac !== undefined) return send(overlay, { bridge, ofport, mac, from, packet });
    }
  }
  throw new NoSuchPort(from);
}

interface Sending {
  readonly bridge: TracedBridge;
  readonly ofport: number;
  readonly mac: string;
  readonly from: string;
  readonly packet: Packet;
}

async function send(overlay: TracedOverlay, sending: Sending): Promise<ProbeResult> {
  const { bridge, ofport, mac, packet } = sending;
  const [source, destination] = [parseAddress(packet.src), parseAddress(packet.dst)];
  if (source === undefined) return dropped(words({ at: 'source' }, sending));
  if (source.family !== destination?.family) return dropped(words({ at: 'destination' }, sending));
  const fields = packetFlow(packet, mac);
  const fate = await fateAt(bridge, packet, `in_port=${String(ofport)},${fields}`);
  switch (fate.kind) {
    case 'dropped':
      return dropped(words(fate.by, sending));
    case 'port':
      return fate.ofport === ofport ? dropped(toItself(sending)) : delivered(bridge, fate);
    case 'tunnel':
      return receive(overlay, { sending, fields, tunnel: fate.tunnel });
  }
}

async function receive(
  { bridges, elsewhere }: TracedOverlay,
  { sending, fields, tunnel }: { sending: Sending; fields: string; tunnel: Tunnelled },
): Promise<ProbeResult> {
  const { bridge, packet } = sending;
  const { type, id, destination } = tunnel;
  const sentFrom = bridge.tunnels.get(type);
  const receiver = bridges.find(({ tunnels }) => isSame(tunnels.get(type), destination));
  if (sentFrom === undefined) return dropped(`host ${bridge.host} has no port for tunnels of ${type}`);
  if (receiver === undefined)
    return dropped(
      elsewhere(destination) ?? `no host of the overlay takes tunnels of ${type} at ${destination}`,
    );
  const ends = [tunnelField(sentFrom, 'src'), tunnelField(destination, 'dst')]
    .flatMap((end) => (end === undefined ? [] : [`${end.field}=${end.text}`]))
    .join(',');
  const flow = `in_port=${String(tunnelPorts[type])},${ends},tun_id=${id},${fields}`;
  const fate = await fateAt(receiver, packet, flow);
  switch (fate.kind) {
    case 'dropped':
      return dropped(words(fate.by, { ...sending, bridge: receiver, sender: bridge }));
    case 'port':
      return delivered(receiver, fate);
    case 'tunnel':
      throw unreadable(receiver, 'sends on what came by a tunnel');
  }
}

async function fateAt(bridge: TracedBridge, packet: Packet, flow: string): Promise<TracedFate> {
  const steps = readTrace(await bridge.trace(flow), bridge.bridge);
  if (steps === undefined) throw unreadable(bridge, 'says something else than a trace');
  const foreign = steps.find(({ match, cookie }) => match !== undefined && !bridge.isOwn(cookie));
  if (foreign !== undefined)
    throw unreadable(
      bridge,
      `has a flow in table ${String(foreign.table)} that is none of ours and takes the packet (${foreign.match ?? ''})`,
    );
  const fate = fateOf(steps, packet);
  if (fate === undefined) throw unreadable(bridge, 'has flows that no plan has, and they take the packet');
  return fate;
}

function unreadable({ host, bridge }: TracedBridge, what: string): OverlayUnavailable {
  return new OverlayUnavailable(`bridge ${bridge} of host ${host} ${what}`);
}

function delivered(
  bridge: TracedBridge,
  { ofport, passed }: Extract<TracedFate, { kind: 'port' }>,
): ProbeResult {
  const to = bridge.endpointOf(ofport);
  if (to === undefined)
    throw unreadable(bridge, `sends the packet to port ${hex(ofport)}, which is nobody's`);
  return { delivered: true, to, rule: passageWords(bridge, passed) };
}

function passageWords({ host }: TracedBridge, passed: Passage): string {
  switch (passed.by) {
    case 'network':
      return 'same network';
    case 'acl':
      return passed.id;
    case 'unnamed':
      return `flows of host ${host} let it pass, and no acl that they name allows it`;
  }
}

function dropped(rule: string): ProbeResult {
  return { delivered: false, to: null, rule };
}

/** OpenFlow sends nothing out of the port that it came in by, unless it is told to: the tracer says where it would go all the same. */
function toItself({ bridge, from, packet }: Sending): string {
  return `${packet.dst} is ${from}'s own, and host ${bridge.host} sends nothing back to where it came from`;
}

/** Why a packet is dropped at a bridge. `sender`: the host from which it came there. */
function words(
  by: Drop,
  at: Pick<Sending, 'bridge' | 'from' | 'packet'> & { readonly sender?: TracedBridge },
): string {
  const { bridge, from, packet, sender } = at;
  switch (by.at) {
    case 'port':
      return `host ${bridge.host} takes nothing from that port`;
    case 'tunnel':
      return `host ${bridge.host} accepts no such packet from host ${sender?.host ?? bridge.host}`;
    case 'source':
      return `port security of ${from}: ${packet.src} is not its own`;
    case 'destination':
      return sender === undefined
        ? `${packet.dst} is nobody's, seen from ${from}`
        : `${packet.dst} is not on host ${bridge.host}`;
    case 'sender':
      return `${packet.src} is not ${from}'s, seen from its receiver on host ${bridge.host}`;
    case 'quarantine':
      return `quarantine acl ${by.acl} on host ${bridge.host}`;
    case 'rules':
      return `no ${by.side} acl on host ${bridge.host} allows it`;
    case 'tracking':
      return `host ${bridge.host} takes it for no packet of a connection`;
    case 'output':
      return `${packet.dst} is not on host ${bridge.host}`;
  }
}

/** Whether a tunnel address is the one that a flow names: a database may spell it otherwise. */
function isSame(address: string | undefined, named: string): boolean {
  return address !== undefined && tunnelField(address, 'dst')?.text === named;
}
