import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { keyOf, type BindingObject } from '../../../events/overlay-objects.ts';
import { isHostFault, NoSuchPort, OverlayUnavailable, requireFit, type HostFault } from '../faults.ts';
import type { OverlayProbe, Packet, ProbeResult } from '../port.ts';
import { hostFileEnding, hostFilePath, readHostFile } from './host-file.ts';
import type { KnownLines } from './host-set.ts';
import type { HostFile } from './host-text.ts';
import { HostView, mayUseSource } from './host-view.ts';

interface EmbeddedProbe {
  readonly folder: string;
  readonly ledger: string;
  /** False for a shard that another driver drives: files of it may have been left. All are ours unless it is given. */
  readonly isOurs?: (shard: string) => boolean;
  /** What is said of a tunnel address that is no host's of this overlay. */
  readonly elsewhere?: (tunnelIp: string) => string | undefined;
}

/** Answers for the embedded overlay, from the files of all hosts of all its shards under `folder`. */
export function embeddedProbe(options: EmbeddedProbe): OverlayProbe {
  const { elsewhere = () => undefined } = options;
  return {
    probe: (from, packet) =>
      Promise.resolve().then(() => probe({ views: readViews(options), elsewhere }, from, packet)),
  };
}

/** Reads every host, so that each is named that keeps the overlay from answering. */
function readViews({ folder, ledger, isOurs = () => true }: EmbeddedProbe): HostView[] {
  const faults: HostFault[] = [];
  const attempt = <Result>(read: () => Result[]): Result[] => {
    try {
      return read();
    } catch (fault) {
      if (!isHostFault(fault)) throw fault;
      faults.push(fault);
      return [];
    }
  };
  const known: KnownLines = new Map();
  const views = namesIn(folder)
    .filter((shard) => isOurs(shard))
    .flatMap((shard) =>
      attempt(() => namesIn(join(folder, shard)))
        .filter((file) => file.endsWith(hostFileEnding))
        .map((file) => basename(file, hostFileEnding))
        .flatMap((host) => attempt(() => [viewOf(folder, { ledger, shard, host, known })])),
    );
  requireFit(faults);
  return views;
}

function viewOf(folder: string, place: HostFile & { known: KnownLines }): HostView {
  const path = hostFilePath(folder, place);
  const reading = readHostFile(path, place);
  if (reading?.kind === 'objects') return new HostView(place.host, reading.objects.values());
  throw new OverlayUnavailable(
    `${path} is damaged: isoledger rebuild --shard ${place.shard} restores it, and records what was found`,
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new OverlayUnavailable(`${folder} cannot be read`, cause);
  }
}

/** All hosts as they are, and what is said of tunnel addresses of others. */
interface EmbeddedHosts {
  readonly views: readonly HostView[];
  readonly elsewhere: (tunnelIp: string) => string | undefined;
}

function probe(hosts: EmbeddedHosts, from: string, packet: Packet): ProbeResult {
  for (const view of hosts.views) {
    const port = view.portOf(from);
    if (port !== undefined) return send(hosts, { view, port, packet });
  }
  throw new NoSuchPort(from);
}

function send(
  hosts: EmbeddedHosts,
  { view, port, packet }: { view: HostView; port: BindingObject; packet: Packet },
): ProbeResult {
  if (!mayUseSource(port, packet.src))
    return dropped(`port security of ${port.endpoint}: ${packet.src} is not its own`);
  const target = view.destination(port.vni, packet.dst);
  if (target === undefined) return dropped(`${packet.dst} is nobody's, seen from ${port.endpoint}`);
  if (keyOf(target) === keyOf(port))
    return dropped(
      `${packet.dst} is ${port.endpoint}'s own, and host ${view.host} sends nothing back to where it came from`,
    );
  const egress = judge(view, { side: 'egress', port, target, packet });
  if (!egress.delivered) return egress;
  const receiver = target.host === view.host ? view : acrossTunnel(hosts, { view, port, target });
  if (typeof receiver === 'string') return dropped(receiver);
  const arrival = receiver.destination(port.vni, packet.dst);
  if (arrival?.host !== receiver.host) return dropped(`${packet.dst} is not on host ${receiver.host}`);
  if (!receiver.believes(packet.src, { from: port.vni, to: arrival.vni }))
    return dropped(`${packet.src} is not ${port.endpoint}'s, seen from ${arrival.endpoint}`);
  const ingress = judge(receiver, { side: 'ingress', port, target: arrival, packet });
  return ingress.delivered ? { ...ingress, to: arrival.endpoint } : ingress;
}

/**
 * The host that a packet reaches, or in words why it reaches none: it is another overlay's, or does not know the sender as a
 * carrier of the sender's network.
 */
function acrossTunnel(
  { views, elsewhere }: EmbeddedHosts,
  { view, port, target }: { view: HostView; port: BindingObject; target: BindingObject },
): HostView | string {
  const refused = `host ${target.host} accepts no such packet from host ${view.host}`;
  const [sentFrom, sentTo] = [view.tunnelOf(view.host), view.tunnelOf(target.host)];
  if (sentFrom === undefined || sentTo === undefined) return refused;
  const receiver = views.find((other) => other.tunnelOf(other.host) === sentTo);
  if (receiver === undefined) return elsewhere(sentTo) ?? refused;
  return receiver.accepts(port.vni, sentFrom) ? receiver : refused;
}

function judge(
  view: HostView,
  at: { side: 'egress' | 'ingress'; port: BindingObject; target: BindingObject; packet: Packet },
): ProbeResult {
  const { side, port, target, packet } = at;
  if (port.vni === target.vni) return { delivered: true, to: null, rule: 'same network' };
  const flow = { from: port.vni, to: target.vni, packet };
  const deny = view.denies(side, flow);
  if (deny !== undefined) return dropped(`quarantine acl ${deny.id} on host ${view.host}`);
  const acl = view.allows(side, flow);
  if (acl === undefined) return dropped(`no ${side} acl on host ${view.host} allows it`);
  return { delivered: true, to: null, rule: acl.id };
}

function dropped(rule: string): ProbeResult {
  return { delivered: false, to: null, rule };
}
