/**
 * What the flows of a bridge do with the first packet of a connection: a plain reading of flows as text, slow, and of no more
 * of OpenFlow than these flows use. Every connection is new to it; no packet is a fragment or has a VLAN tag.
 */
import { isIPv6 } from 'node:net';

export interface TableFlow {
  readonly table: number;
  readonly priority: number;
  readonly match: string;
  readonly actions: string;
}

export interface FirstPacket {
  readonly inPort: number;
  readonly ethSrc: string;
  readonly ethDst: string;
  readonly src: string;
  readonly dst: string;
  /** An IP protocol. */
  readonly protocol: number;
  readonly dstPort?: number;
  readonly icmpType?: number;
  readonly tunnel?: { readonly id: number; readonly src: string };
}

/** Where a packet goes: to a port, and through a tunnel if that has one set. */
export interface SentPacket {
  readonly port: number;
  readonly ethDst: string;
  readonly tunnel: { readonly id: number; readonly dst: string };
}

interface PacketState {
  readonly numbers: Map<string, bigint>;
  readonly texts: Map<string, string>;
  readonly packet: FirstPacket;
  readonly family: 4 | 6;
  readonly sent: SentPacket[];
  tracked: boolean;
  /** The tables that it met, as a bound against going round for ever. */
  steps: number;
}

/** A flow, and its match part by part. */
interface ReadFlow extends TableFlow {
  readonly parts: readonly { readonly name: string; readonly value: string | undefined }[];
}

/** The flows of each table, those of the highest priority first. */
type Tables = ReadonlyMap<number, readonly ReadFlow[]>;

/** Reads the flows of a bridge, through which many packets may be sent then. */
export function tablesOf(flows: Iterable<TableFlow>): Tables {
  const read = Array.from(flows, (flow) => ({ ...flow, parts: partsOf(flow.match) }));
  read.sort((one, other) => other.priority - one.priority);
  return Map.groupBy(read, ({ table }) => table);
}

function partsOf(match: string): ReadFlow['parts'] {
  if (match === '') return [];
  return match.split(',').map((part) => {
    const [name = '', value] = part.split('=');
    return { name, value };
  });
}

export function sendThrough(tables: Tables, packet: FirstPacket): SentPacket[] {
  const state: PacketState = {
    numbers: new Map([
      ['in_port', BigInt(packet.inPort)],
      ['tun_id', BigInt(packet.tunnel?.id ?? 0)],
    ]),
    texts: new Map([
      ['dl_src', packet.ethSrc],
      ['dl_dst', packet.ethDst],
      ['tun_dst', ''],
    ]),
    packet,
    family: isIPv6(packet.src) ? 6 : 4,
    sent: [],
    tracked: false,
    steps: 0,
  };
  goThrough(tables, 0, state);
  return state.sent;
}

function goThrough(tables: Tables, table: number, state: PacketState): void {
  state.steps += 1;
  if (state.steps > 100) throw new Error('a packet goes round');
  const flows = tables.get(table) ?? [];
  const isTaken = ({ parts }: ReadFlow): boolean => parts.every((part) => isPartMatched(part, state));
  const first = flows.findIndex(isTaken);
  const flow = flows[first];
  if (flow === undefined) return;
  const end = flows.findIndex(({ priority }) => priority < flow.priority);
  if (flows.slice(first + 1, end === -1 ? undefined : end).some(isTaken))
    throw new Error(`flows of one priority take one packet: ${flow.match}`);
  for (const action of splitActions(flow.actions)) act(tables, action, state);
}

/** Divides at commas outside of parentheses. */
function splitActions(actions: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const letter of actions) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (letter === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += letter;
  }
  return [...parts, part];
}

function act(tables: Tables, action: string, state: PacketState): void {
  const setField = /^set_field:(.+)->(\w+)$/.exec(action);
  const move = /^move:(\w+)\[.*?\]->(\w+)\[(.*)\]$/.exec(action);
  const table = /^(?:goto_table:|resubmit\(,)(\d+)/.exec(action)?.[1];
  const track = /^ct\((?:commit,)?table=(\d+),zone=NXM_NX_(\w+)\[0\.\.15\](?:,exec\(.*\))?\)$/.exec(action);
  const output = /^output:(\d+)$/.exec(action)?.[1];
  if (setField !== null) set(state, setField[2] ?? '', setField[1] ?? '');
  else if (move !== null) copy(state, move);
  else if (table !== undefined) goThrough(tables, Number(table), state);
  else if (track !== null) {
    const zone = state.numbers.get((track[2] ?? '').toLowerCase()) ?? 0n;
    if (zone === 0n) throw new Error('a packet is tracked in the zone of nobody');
    state.tracked = true;
    goThrough(tables, Number(track[1]), state);
  } else if (output !== undefined) send(state, Number(output));
  else if (!/^(drop|note:.*|meter:\d+|learn\(.*\))$/.test(action))
    throw new Error(`an action that is not known here: ${action}`);
}

function send({ numbers, texts, sent }: PacketState, port: number): void {
  const tunnel = { id: Number(numbers.get('tun_id') ?? 0n), dst: texts.get('tun_dst') ?? '' };
  sent.push({ port, ethDst: texts.get('dl_dst') ?? '', tunnel });
}

function set({ numbers, texts }: PacketState, name: string, text: string): void {
  if (name === 'xxreg3') {
    const value = BigInt(text);
    for (const [index, register] of ['reg12', 'reg13', 'reg14', 'reg15'].entries())
      numbers.set(register, (value >> BigInt(96 - 32 * index)) & 0xffff_ffffn);
  } else if (name === 'tun_dst' || name === 'tun_ipv6_dst') texts.set('tun_dst', text);
  else if (name === 'eth_src' || name === 'eth_dst') texts.set(name.replace('eth', 'dl'), text);
  else {
    const [value = '0', mask] = text.split('/').map(BigInt);
    const kept = mask === undefined ? 0n : (numbers.get(name) ?? 0n) & ~mask;
    numbers.set(name, kept | BigInt(value));
  }
}

function copy({ numbers, packet }: PacketState, [, source = '', target = '', bits = '']: string[]): void {
  const from = source.replace('NXM_NX_', '').toLowerCase();
  const to = target.replace('NXM_NX_', '').toLowerCase();
  const value = /_dst$/.test(from) ? BigInt(packet.dstPort ?? 0) : (numbers.get(from) ?? 0n);
  const kept = bits === '0..15' ? (numbers.get(to) ?? 0n) & ~0xffffn : 0n;
  numbers.set(to, kept | value);
}

const protocols: Readonly<Record<string, readonly [family: 4 | 6, protocol?: number]>> = {
  ip: [4],
  ipv6: [6],
  tcp: [4, 6],
  tcp6: [6, 6],
  udp: [4, 17],
  udp6: [6, 17],
  sctp: [4, 132],
  sctp6: [6, 132],
  icmp: [4, 1],
  icmp6: [6, 58],
};

function isPartMatched(
  { name, value }: ReadFlow['parts'][number],
  { numbers, texts, packet, family, tracked }: PacketState,
): boolean {
  const protocol = protocols[name];
  if (protocol !== undefined)
    return protocol[0] === family && (protocol[1] === undefined || protocol[1] === packet.protocol);
  if (value === undefined) return false;
  switch (name) {
    case 'vlan_tci':
    case 'nw_frag':
    case 'ct_nw_proto':
      return false;
    case 'ct_state':
      return tracked && value === '+new+trk';
    case 'nw_src':
    case 'ipv6_src':
      return holdsAddress(value, packet.src);
    case 'nw_dst':
    case 'ipv6_dst':
      return holdsAddress(value, packet.dst);
    case 'tun_src':
    case 'tun_ipv6_src':
      return packet.tunnel?.src === value;
    case 'tun_dst':
    case 'tun_ipv6_dst':
      return texts.get('tun_dst') === value;
    case 'dl_src':
    case 'dl_dst':
      return texts.get(name) === value;
    case 'nw_proto':
      return packet.protocol === Number(value);
    case 'icmp_type':
      return packet.icmpType === Number(value);
    case 'icmp_code':
      return packet.icmpType !== undefined && value === '0';
    default: {
      const [wanted = 0n, mask = -1n] = value.split('/').map(BigInt);
      return ((numbers.get(name) ?? 0n) & mask) === (wanted & mask);
    }
  }
}

/** Whether an address or a prefix holds an address, bit by bit. */
function holdsAddress(prefix: string, address: string): boolean {
  const [base = '', length] = prefix.split('/');
  const [wanted, found] = [bitsOf(base), bitsOf(address)];
  const count = length === undefined ? wanted.length : Number(length);
  return wanted.length === found.length && wanted.slice(0, count) === found.slice(0, count);
}

function bitsOf(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) =>
    [0, 2].map((at) => (Number(octets[at]) * 256 + Number(octets[at + 1])).toString(16)).join(':'),
  );
  const [head = '', tail = ''] = hexadecimal.split('::').map((half) => half);
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const [first, last] = [groups(head), groups(tail)];
  const zeros = new Array<string>(8 - first.length - last.length).fill('0');
  return [...first, ...zeros, ...last]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}
