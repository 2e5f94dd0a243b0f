import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { parseAddress, parseCidr } from '../../../events/address.ts';
import type { Lab } from '../../../infra/lab/lab.ts';
import { inForce, ofKind, type WrittenDocument } from '../../bench/estate/documents.ts';
import type { Connection } from '../../oracle/connections.ts';
import {
  echo,
  ip,
  ipFrame,
  isV6,
  protocols,
  tcp,
  tcpFlags,
  udp,
  uint16,
  type PacketProtocol,
} from './frames.ts';
import type { Heard, Packets } from './packets.ts';
import { seenIn } from './seen.ts';

/** A workload as it stands in the documents. */
interface Place {
  readonly name: string;
  /** `tenant/segment`, or the external. */
  readonly network: string;
  readonly mac: string;
  readonly ips: readonly string[];
}

/** A packet that opens a connection, and what should become of it. */
export interface Probe {
  /** Its source port, or the identifier of a ping: no two probes of a matrix have the same. */
  readonly id: number;
  readonly from: string;
  readonly protocol: PacketProtocol;
  readonly source: string;
  readonly target: string;
  /** 0 where the protocol has none. */
  readonly port: number;
  readonly frame: Buffer;
  /** The workload that should get it; undefined if nobody should. */
  readonly receiver: string | undefined;
  /** Whether that one answers: not where it stands for others, as a gateway does for all of its CIDRs. */
  readonly isAnswered: boolean;
}

interface MatrixOptions {
  readonly documents: readonly WrittenDocument[];
  readonly connections: readonly Connection[];
  /** Of TCP and UDP. */
  readonly ports: readonly number[];
  /** Addresses beside those of workloads, such as those of nobody. */
  readonly alsoTo?: readonly string[];
}

/** The first identifier; ports that are asked for are below. */
const firstId = 10_000;

const connectionsAnswer = z.object({
  connections: z.array(
    z.object({ from: z.string(), to: z.string(), protocol: z.string(), ports: z.string() }),
  ),
});

/** What the product says may be opened now. */
export async function connectionsOf(lab: Lab): Promise<Connection[]> {
  const { code, out, err } = await lab.isoledger(['connections', '--json']);
  if (code !== 0) throw new Error(`connections ended with ${String(code)}: ${err}`);
  return connectionsAnswer.parse(JSON.parse(out)).connections;
}

/** A probe from each address of each workload to each address of every other: of each protocol, and to each port. */
export function probesOf(lab: Lab, options: MatrixOptions): Probe[] {
  const places = placesOf(lab, options.documents);
  const expectation = new Expectation(places, options);
  const targets = new Set([...places.flatMap(({ ips }) => ips), ...(options.alsoTo ?? [])]);
  const kinds: { protocol: PacketProtocol; port: number }[] = [
    ...options.ports.flatMap((port) => [
      { protocol: 'tcp' as const, port },
      { protocol: 'udp' as const, port },
    ]),
    { protocol: 'icmp', port: 0 },
    { protocol: 'nameless', port: 0 },
  ];
  let id = firstId - 1;
  return places.flatMap((from) =>
    from.ips.flatMap((source) =>
      [...targets]
        .filter((target) => isV6(target) === isV6(source) && !from.ips.includes(target))
        .flatMap((target) =>
          kinds.map((kind): Probe => {
            id += 1;
            const receiver = expectation.receiver(from.network, { target, ...kind });
            const isAnswered = kind.protocol !== 'nameless' && receiver?.ips.includes(target) === true;
            const probe = { id, from: from.name, source, target, ...kind };
            return { ...probe, frame: frameOf(probe, from.mac), receiver: receiver?.name, isAnswered };
          }),
        ),
    ),
  );
}

function placesOf(lab: Lab, documents: readonly WrittenDocument[]): Place[] {
  const networks = new Map(
    ofKind(inForce(documents), 'Endpoints').flatMap(({ tenant, endpoints }) =>
      endpoints.map(({ name, segment }) => [`${tenant}/${name}`, `${tenant}/${segment}`]),
    ),
  );
  return lab.plan.workloads.map(({ name, mac, ips }) => ({
    ...{ name, mac, ips },
    network: networks.get(name) ?? name,
  }));
}

function frameOf(probe: Pick<Probe, 'id' | 'protocol' | 'source' | 'target' | 'port'>, mac: string): Buffer {
  const { id, protocol, source, target, port } = probe;
  const ends = { source, target };
  const ports = { from: id, to: port };
  const number = protocol === 'icmp' && isV6(source) ? protocols.icmpV6 : protocols[protocol];
  const payloads = {
    tcp: () => tcp(ends, ports, { flags: tcpFlags.syn }),
    udp: () => udp(ends, ports, uint16(id)),
    icmp: () => echo(ends, { id }),
    nameless: () => uint16(id),
  };
  return ipFrame(mac, ip({ ...ends, protocol: number }, payloads[protocol]()));
}

/** Who should get what, from documents and the connections that the product tells of. */
class Expectation {
  readonly #places: readonly Place[];
  readonly #connections: readonly Connection[];
  readonly #prefixes: readonly { external: string; cidr: string; length: number }[];

  constructor(places: readonly Place[], { documents, connections }: MatrixOptions) {
    this.#places = places;
    this.#connections = connections;
    this.#prefixes = ofKind(inForce(documents), 'External').flatMap(({ external, cidrs }) =>
      cidrs.map((cidr) => ({ external, cidr, length: Number(cidr.split('/')[1] ?? '128') })),
    );
  }

  receiver(
    network: string,
    { target, protocol, port }: { target: string; protocol: PacketProtocol; port: number },
  ): Place | undefined {
    const found = this.#holder(network, target);
    if (found === undefined) return undefined;
    const isAllowed =
      found.network === network ||
      this.#connections.some(
        (row) => row.from === network && row.to === found.network && admits(row, protocol, port),
      );
    return isAllowed ? found : undefined;
  }

  /** Whom an address means to a network: one of itself or of those that it talks with; else the external of the longest prefix. */
  #holder(network: string, target: string): Place | undefined {
    const known = this.#places.filter((place) => place.network === network || this.#talk(network, place));
    const endpoint = known.find((place) => place.name !== place.network && place.ips.includes(target));
    if (endpoint !== undefined) return endpoint;
    const [longest] = this.#prefixes
      .filter(({ cidr }) => holds(cidr, target))
      .sort((a, b) => b.length - a.length);
    return known.find((place) => place.name === longest?.external && place.network !== network);
  }

  #talk(network: string, place: Place): boolean {
    return this.#connections.some(
      ({ from, to }) =>
        (from === network && to === place.network) || (to === network && from === place.network),
    );
  }
}

function holds(cidr: string, address: string): boolean {
  const [range, parsed] = [parseCidr(cidr), parseAddress(address)];
  if (range === undefined || parsed === undefined || range.family !== parsed.family) return false;
  return range.first <= parsed.value && parsed.value <= range.last;
}

function admits(row: Connection, protocol: PacketProtocol, port: number): boolean {
  if (row.protocol === 'any') return true;
  if (row.protocol !== protocol) return false;
  return row.ports.split(',').some((part) => {
    const [first = NaN, last = first] = part === '*' ? [0, 65_535] : part.split('-').map(Number);
    return first <= port && port <= last;
  });
}

/** How often what did not arrive is sent again: the first packets are lost while switches find each other. */
const roundsMax = 12;
/** How long nothing may arrive before all is taken to have arrived. */
const quietMs = 250;

/** Sends probes until what should arrive has, and tells, in words, what became of them otherwise; [] if nothing. */
export async function differencesOf(packets: Packets, probes: readonly Probe[]): Promise<string[]> {
  const outcome = new Outcome(probes);
  await packets.heard();
  for (let round = 0; round < roundsMax; round += 1) {
    // Those that should not arrive are sent twice, so that none is missed which the switch never took.
    const due = probes.filter((probe) =>
      probe.receiver === undefined ? round < 2 : !outcome.isAsItShouldBe(probe),
    );
    if (due.length === 0 && round >= 2) break;
    await packets.send(due.map(({ from, frame }) => ({ from, frame })));
    await hearOut(packets, outcome);
  }
  return probes.filter((probe) => !outcome.isAsItShouldBe(probe)).map((probe) => outcome.wordsOf(probe));
}

async function hearOut(packets: Packets, outcome: Outcome): Promise<void> {
  for (;;) {
    await pause(quietMs);
    if (!outcome.take(await packets.heard())) return;
  }
}

/** Where each probe was heard, and whether it was answered. */
class Outcome {
  readonly #probes: ReadonlyMap<number, Probe>;
  readonly #receivers = new Map<number, Set<string>>();
  readonly #answered = new Set<number>();

  constructor(probes: readonly Probe[]) {
    this.#probes = new Map(probes.map((probe) => [probe.id, probe]));
  }

  /** Whether any of it was new. */
  take(heard: readonly Heard[]): boolean {
    let isNew = false;
    for (const { at, frame } of heard) {
      const trace = traceOf(frame);
      const probe = trace && this.#probes.get(trace.id);
      if (trace === undefined || probe === undefined) continue;
      if (trace.isAnswer && at === probe.from) {
        isNew ||= !this.#answered.has(probe.id);
        this.#answered.add(probe.id);
      } else {
        // An answer that anybody else gets counts as a probe that went astray.
        const receivers = this.#receivers.get(probe.id) ?? new Set();
        isNew ||= !receivers.has(at);
        this.#receivers.set(probe.id, receivers.add(at));
      }
    }
    return isNew;
  }

  isAsItShouldBe({ id, receiver, isAnswered }: Probe): boolean {
    const receivers = [...(this.#receivers.get(id) ?? [])];
    if (receiver === undefined) return receivers.length === 0 && !this.#answered.has(id);
    return receivers.length === 1 && receivers[0] === receiver && this.#answered.has(id) === isAnswered;
  }

  wordsOf({ id, from, source, target, protocol, port, receiver }: Probe): string {
    const got = [...(this.#receivers.get(id) ?? [])].join(', ') || 'nobody';
    const answered = this.#answered.has(id) ? 'answered' : 'not answered';
    return `${from} (${source}) to ${target} ${protocol}/${String(port)}: for ${receiver ?? 'nobody'}, got by ${got}, ${answered}`;
  }
}

/** The probe of which a frame is part, undefined if it is of none. */
export function traceOf(frame: Buffer): { id: number; isAnswer: boolean } | undefined {
  const seen = seenIn(frame);
  if (seen.kind !== 'ip') return undefined;
  const { protocol, payload } = seen;
  if (protocol === protocols.nameless && payload.length >= 2)
    return { id: payload.readUInt16BE(0), isAnswer: false };
  if (payload.length < 8) return undefined;
  if (protocol === protocols.tcp || protocol === protocols.udp) {
    const [from, to] = [payload.readUInt16BE(0), payload.readUInt16BE(2)];
    if (from >= firstId) return { id: from, isAnswer: false };
    const isRefusal = protocol === protocols.tcp && payload.readUInt8(13) !== (tcpFlags.syn | tcpFlags.ack);
    return isRefusal ? undefined : { id: to, isAnswer: true };
  }
  const type = payload.readUInt8(0);
  const isAnswer = type === 0 || type === 129;
  const isPing = type === 8 || type === 128 || isAnswer;
  return isPing ? { id: payload.readUInt16BE(4), isAnswer } : undefined;
}
