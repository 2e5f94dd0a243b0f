import type { Packet } from '../../port.ts';
import { replyMatch } from '../pipeline/learned.ts';
import { readCutNote, readGrantNote, type NotedGrant } from '../pipeline/notes.ts';
import { sideNumbers, tables, tunnelPorts } from '../pipeline/tables.ts';
import type { TracedStep } from './trace-text.ts';

/** What becomes of a packet at one host. */
export type TracedFate =
  | { readonly kind: 'dropped'; readonly by: Drop }
  /** It leaves by a port of the host. */
  | { readonly kind: 'port'; readonly ofport: number; readonly passed: Passage }
  | { readonly kind: 'tunnel'; readonly tunnel: Tunnelled };

/** What let a packet pass last: no acl was asked; a grant; or rules that name none that covers it. */
export type Passage = { readonly by: 'network' | 'unnamed' } | { readonly by: 'acl'; readonly id: string };

/** Where a packet is dropped, as far as the tables say why. */
export type Drop =
  | { readonly at: 'port' | 'tunnel' | 'source' | 'destination' | 'sender' | 'tracking' | 'output' }
  | { readonly at: 'quarantine'; readonly acl: string }
  | { readonly at: 'rules'; readonly side: 'egress' | 'ingress' };

/** A packet between two hosts. */
export interface Tunnelled {
  readonly type: keyof typeof tunnelPorts;
  /** In hexadecimal: the sender's network. */
  readonly id: string;
  /** The tunnel address of the host that it goes to. */
  readonly destination: string;
}

/** What the flows that a packet met say of it; undefined where they end in a way that ours do not have. */
export function fateOf(steps: readonly TracedStep[], packet: Packet): TracedFate | undefined {
  const last = steps.at(-1);
  if (last === undefined) return undefined;
  const outputs = outputsOf(last);
  if (last.table === tables.output && outputs.length > 0) return left(steps, outputs, packet);
  const by = dropOf(last, steps);
  return by === undefined ? undefined : { kind: 'dropped', by };
}

function outputsOf({ actions }: TracedStep): number[] {
  return actions.flatMap((action) => {
    const [, port] = /^output:(\d+)$/.exec(action) ?? [];
    return port === undefined ? [] : [Number(port)];
  });
}

function left(
  steps: readonly TracedStep[],
  outputs: readonly number[],
  packet: Packet,
): TracedFate | undefined {
  const [ofport, ...others] = outputs;
  if (ofport === undefined || others.length > 0) return undefined;
  const type = typeOfTunnel(ofport);
  if (type === undefined) return { kind: 'port', ofport, passed: passageOf(steps, packet) };
  const id = lastOf(steps, 'effects', /^NXM_NX_TUN_ID\[0\.\.31\] is now (0x[0-9a-f]+)$/);
  const destination = lastOf(steps, 'actions', /^set_field:(.*)->tun_(?:ipv6_)?dst$/);
  return id === undefined || destination === undefined
    ? undefined
    : { kind: 'tunnel', tunnel: { type, id, destination } };
}

/** What stands in the place of the pattern's group, where it came last. */
function lastOf(
  steps: readonly TracedStep[],
  where: 'actions' | 'effects',
  pattern: RegExp,
): string | undefined {
  return steps
    .flatMap((step) => step[where])
    .map((text) => pattern.exec(text)?.[1])
    .findLast((found) => found !== undefined);
}

function typeOfTunnel(ofport: number): Tunnelled['type'] | undefined {
  switch (ofport) {
    case tunnelPorts.vxlan:
      return 'vxlan';
    case tunnelPorts.geneve:
      return 'geneve';
    default:
      return undefined;
  }
}

function dropOf(last: TracedStep, steps: readonly TracedStep[]): Drop | undefined {
  switch (last.table) {
    case tables.classify:
      return { at: 'port' };
    case tables.accept:
      return { at: 'tunnel' };
    case tables.source:
      return { at: 'source' };
    case tables.destination:
      return { at: 'destination' };
    case tables.cutEgress:
    case tables.cutIngress:
      return cutDrop(last);
    case tables.track:
    case tables.direction:
      return { at: 'tracking' };
    case tables.output:
      return { at: 'output' };
    case tables.dropped: {
      if (steps.at(-2)?.table === tables.sender) return { at: 'sender' };
      const side = sideOf(steps);
      return side === undefined ? undefined : { at: 'rules', side };
    }
    default:
      return undefined;
  }
}

/** Nobody here is meant where the flow has no note: that is asked before any cut. */
function cutDrop({ actions }: TracedStep): Drop | undefined {
  const note = actions.find((action) => action.startsWith('note:'));
  if (note === undefined) return { at: 'output' };
  const cuts = readCutNote(note);
  // One that cuts wholly names every pair that the others of this flow name.
  const acl = (cuts?.find(({ wholly }) => wholly === true) ?? cuts?.at(0))?.id;
  return acl === undefined ? undefined : { at: 'quarantine', acl };
}

/** The side that judged the packet last. */
function sideOf(steps: readonly TracedStep[]): 'egress' | 'ingress' | undefined {
  const number = lastOf(steps, 'actions', /^set_field:(.*)->reg9$/);
  return (['egress', 'ingress'] as const).find((side) => number === sideNumbers[side]);
}

/** How the packet passed the last rules that it met. */
function passageOf(steps: readonly TracedStep[], packet: Packet): Passage {
  const rules = steps.findLast(({ table }) => table === tables.rules);
  if (rules === undefined) return { by: 'network' };
  const note = rules.actions.find((action) => action.startsWith('note:')) ?? '';
  const { protocol, srcPort, dstPort } = packet;
  const called = { protocol, port: isReply(steps) ? srcPort : dstPort };
  const id = readGrantNote(note)?.find((grant) => covers(grant, called))?.id;
  return id === undefined ? { by: 'unnamed' } : { by: 'acl', id };
}

/** Whether the switch took the packet for the reply of an association that is there, when it judged it last. */
function isReply(steps: readonly TracedStep[]): boolean {
  return steps.findLast(({ table }) => table === tables.association)?.match?.includes(replyMatch) === true;
}

function covers(
  grant: NotedGrant,
  { protocol, port }: { protocol: string; port: number | undefined },
): boolean {
  if (grant.protocol === 'any') return true;
  return (
    grant.protocol === protocol &&
    (grant.ports === undefined ||
      (port !== undefined && grant.ports.some(([first, last]) => first <= port && port <= last)))
  );
}
